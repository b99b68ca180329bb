"""What the soak promises, in its short form: one process per part, for each needs to be warm and free of threads."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from kamlib.checks import KamError
from kamlib.render.workers import Copies, Runtime

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("kills", "steps", "full", "twins", "poisons", "eight", "spy", "stops", "anywhere")

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the trials are copies of a warm process, and look into Linux's list of processes"
)


@pytest.mark.parametrize("part", PARTS)
def test_no_promise_is_broken(part):
    command = [sys.executable, "-m", "tests.faults.soak", part, "--short"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr[-2000:]
    if "NOT RUN" in told.stdout:
        pytest.skip(told.stdout.strip())
    assert " tried    0 broken" in told.stdout


def test_the_soak_ends_with_one_when_a_promise_is_broken(monkeypatch, capsys):
    from tests.faults import soak
    from tests.faults.ground import Finding

    monkeypatch.setattr(soak, "warm", lambda: None)
    monkeypatch.setitem(soak.PARTS, "twins", (lambda count, seed: [Finding("nothing is lost", count, ["A1 was lost"])], 2, 20))
    assert soak.main(["twins", "--short"]) == 1
    assert "2 tried    1 broken  nothing is lost" in capsys.readouterr().out


def test_what_a_killed_run_has_left_in_the_temporary_folder_is_removed_by_the_next():
    hold = "import signal, time\nfrom kamlib.render.workers import Runtime\nprint(Runtime().path, flush=True)\ntime.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, text=True, cwd=ROOT) as child:
        theirs = Path(child.stdout.readline().strip())
        with closing(Runtime()):
            assert theirs.is_dir()
        child.kill()
    with closing(Runtime()) as ours:
        assert not theirs.exists() and Path(ours.path).stat().st_mode & 0o777 == 0o700
    assert not Path(ours.path).exists()


def test_a_template_process_that_cannot_start_ends_the_run_instead_of_every_account(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "psutil.py").write_text("raise SystemExit(3)")
    with closing(Copies()) as workers, pytest.raises(KamError, match="ended 3 times before it was ready") as refused:
        for number in range(5):
            workers.start(tmp_path / str(number))
    assert refused.value.code == "KAM-S06"
