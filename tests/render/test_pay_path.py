"""``kam pay`` names its page as seen from where it was called."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from kamlib.cli.pay import pay

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("start", "shown"), [(".", "made/pay.html: "), ("elsewhere", "{folder}/made/pay.html: ")])
def test_a_path_below_the_working_directory_is_relative(tmp_path, monkeypatch, start, shown):
    (tmp_path / start).mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / start)
    ran = CliRunner().invoke(pay, [str(ROOT / "params/sample.yaml"), "--period", "2026Q2", "--out", str(tmp_path / "made")])
    line = next(line for line in ran.output.splitlines() if "pay.html" in line)
    assert ran.exit_code == 0 and line.startswith(shown.format(folder=tmp_path))
