"""The doctor finds what is wrong with an installation, says what to do, and ends with the exit code for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from kamlib.cli import cli, installation

LOCK = """click==999.0 \\
    --hash=sha256:00
no-such-package==1.0 ; python_full_version >= '3.11' \\
    --hash=sha256:00
only-elsewhere==1.0 ; sys_platform == 'nowhere' \\
    --hash=sha256:00
"""


def told() -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["doctor"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_a_sound_installation_ends_with_0():
    code, text = told()
    assert code == 0 and "WRONG" not in text, text
    assert all(f"ok       {what}" in text for what in ("Python", "packages", "fonts", "notebooks", "kernel python3", "folder"))


def test_packages_that_differ_from_the_lock_are_named_with_both_versions(monkeypatch, tmp_path):
    (tmp_path / "requirements.lock").write_text(LOCK)
    found = installation.packages(tmp_path / "requirements.lock")
    assert found.mark == "WRONG" and found.told.startswith("0 of 2") and "run.py" in found.fix
    assert (
        "click==999.0 is needed, 8." in found.told and 'no-such-package==1.0; python_full_version >= "3.11" is needed, none' in found.told
    )


def test_without_a_lock_the_list_of_kamlib_itself_counts(tmp_path):
    found = installation.packages(tmp_path / "none.lock")
    assert found.mark == "ok" and "as kamlib's own list says" in found.told


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        pytest.param("OLDEST", (99, 0), "WRONG    Python", id="old Python"),
        pytest.param("ROOT", Path("nowhere"), "WRONG    notebooks", id="no notebooks"),
        pytest.param("ROOT", Path("nowhere"), "WRONG    fonts", id="no fonts"),
        pytest.param("LEAST_FREE_BYTES", 1 << 70, "WRONG    folder", id="full disk"),
        pytest.param("PROGRAMS", {"no-such-program": "only a test"}, "optional no-such-program: not found; only a test", id="optional"),
        pytest.param("DRIVERS", {"nodriver": "X"}, "optional driver nodriver: not installed; needed to read from X", id="driver"),
    ],
)
def test_each_trouble_is_told(monkeypatch, name, value, what):
    monkeypatch.setattr(installation, name, value)
    code, text = told()
    assert what in text and code == (5 if "WRONG" in what else 0)


def test_a_folder_without_write_rights_is_told(tmp_path):
    found = installation.writable(tmp_path / "none")
    assert (found.mark, found.fix) == ("WRONG", "change its rights, or work elsewhere") and "No such file" in found.told


def test_a_kernel_that_is_not_registered_is_told(monkeypatch, tmp_path):
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    def none(self, name):
        raise NoSuchKernel(name)

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", none)
    code, text = told()
    assert code == 5 and "python -m ipykernel install" in text
