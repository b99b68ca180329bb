"""Two commands set everything up: the lists of what is needed agree, and run.py makes .venv once, whole and for one at a time."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
CONDA_NAMES = {"python-duckdb": "duckdb"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NEEDED = [Requirement(line) for line in [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["test"]]]
PINNED = dict(re.findall(r"^([a-z0-9.\-]+)==(\S+)", (ROOT / "requirements.lock").read_text("utf-8"), re.M))


def test_conda_users_get_the_same_set():
    listed = YAML(typ="safe").load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    requirements = [Requirement(line) for line in listed if isinstance(line, str)]
    bounds = {CONDA_NAMES.get(found.name, found.name): str(found.specifier) for found in requirements}
    assert bounds.pop("python") == PROJECT["project"]["requires-python"]
    assert bounds.pop("pip") == ""
    assert bounds == {found.name: str(found.specifier) for found in NEEDED}
    assert listed[-1] == {"pip": ["-e ."]}


@pytest.mark.parametrize("file", ["pyproject.toml", "environment.yml"])
def test_every_dependency_has_its_reason_beside_it(file):
    lines = [line for line in (ROOT / file).read_text("utf-8").splitlines() if re.match(r'^  (- |")[\w.\[\]-]+>=', line)]
    assert len(lines) >= len(NEEDED) and all(re.search(r"# \w.{5}", line) for line in lines)


@pytest.mark.parametrize("needed", NEEDED, ids=lambda needed: needed.name)
def test_the_lock_pins_what_is_needed_at_or_above_its_lower_bound(needed):
    assert needed.specifier.contains(PINNED[canonicalize_name(needed.name)])


def test_the_lock_is_hashed_and_names_no_index():
    text = (ROOT / "requirements.lock").read_text("utf-8")
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
    assert len(blocks) >= len(PINNED) and all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"://|^\s*--?(index|extra|find|i )", text, re.M)


def test_what_ci_runs_ends_with_the_readers_own_command():
    script = ROOT / ".ci" / "run"
    assert script.read_text("utf-8").splitlines()[-1] == "python3 run.py test" and os.access(script, os.X_OK)


@pytest.fixture
def bootstrap():
    """Return run.py as a module."""
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FAKE_UV = """#!{python}
import os, pathlib, sys, time
with open(os.environ["UV_LOG"], "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
if sys.argv[1] == "venv":
    (pathlib.Path(sys.argv[-1]) / "bin").mkdir(parents=True)
    (pathlib.Path(sys.argv[-1]) / "bin" / "python").symlink_to(sys.executable)
if sys.argv[1] == "pip":
    time.sleep(0.3)
"""
FAKE_KAM = "import os, sys; print(sys.argv[1:], os.environ['PYTHONUTF8'])"


@pytest.fixture
def project(tmp_path):
    """Return a folder with run.py, where the installer only writes down what it is asked for."""
    shutil.copy(ROOT / "run.py", tmp_path)
    (tmp_path / "requirements.lock").write_text("click==8.2\n")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "kamlib").mkdir()
    (tmp_path / "kamlib" / "__main__.py").write_text(FAKE_KAM)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").write_text(FAKE_UV.format(python=sys.executable))
    (tmp_path / "bin" / "uv").chmod(0o755)
    return tmp_path


def start(project: Path, *words: str) -> subprocess.Popen:
    settings = {"PATH": str(project / "bin"), "UV_LOG": str(project / "uv.log")}
    command = [sys.executable, str(project / "run.py"), *words]
    return subprocess.Popen(command, cwd=project, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def asked(project: Path) -> list[str]:
    """Return what the installer was asked for, without the question for its version."""
    lines = (project / "uv.log").read_text().splitlines()
    return [line.replace(str(project), "ROOT") for line in lines if line != "--version"]


posix_only = pytest.mark.skipif(os.name == "nt", reason="the fake installer is a POSIX script")


@posix_only
def test_set_up_installs_by_hash_and_links_the_project_without_fetching_anything(project):
    out, _ = start(project, "check", "a b.yaml").communicate()
    assert out == "['check', 'a b.yaml'] 1\n"
    pip = "pip install --quiet --compile-bytecode --python ROOT/.venv/bin/python"
    assert asked(project)[1:] == [
        f"{pip} --require-hashes -r ROOT/requirements.lock",
        f"{pip} --no-index --no-deps --no-build-isolation -e ROOT",
    ]


@posix_only
def test_set_up_is_done_once_and_again_when_the_lock_changes(project):
    start(project).communicate(), start(project).communicate()
    assert len(asked(project)) == 3
    (project / "requirements.lock").write_text("click==8.3\n")
    start(project).communicate()
    assert [line.split()[0] for line in asked(project)] == ["venv", "pip", "pip", "pip", "pip"]


@posix_only
def test_two_runs_at_once_set_up_once(project):
    both = [start(project, "one"), start(project, "two")]
    assert [run.communicate()[0] for run in both] == ["['one'] 1\n", "['two'] 1\n"]
    assert len(asked(project)) == 3


@posix_only
def test_an_interrupted_set_up_is_taken_up_again(project):
    start(project).communicate()
    (project / ".venv" / "kamlib.stamp").unlink()
    start(project).communicate()
    assert [line.split()[0] for line in asked(project)] == ["venv", "pip", "pip", "pip", "pip"]


def test_an_old_python_is_told_so(bootstrap, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    with pytest.raises(SystemExit) as ended:
        bootstrap.main(["demo"])
    assert ended.value.code == 5 and "kamlib needs Python 99.0 or newer" in capsys.readouterr().err


def test_a_python_that_cannot_make_environments_is_told_what_to_install(bootstrap, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as ended:
        bootstrap.fill_with_pip()
    assert ended.value.code == 5 and capsys.readouterr().err.count("sudo apt install python3-venv") == 1


def test_the_word_test_runs_every_kind_of_test(bootstrap, monkeypatch):
    became = []
    monkeypatch.setattr(bootstrap, "is_current", lambda: True)
    monkeypatch.setattr(bootstrap.os, "chdir", lambda folder: None)
    monkeypatch.setattr(bootstrap, "become", became.append)
    bootstrap.main(["test", "-k", "money"])
    assert became[0][1:3] == ["-m", "pytest"] and {"--nbval", "loadscope"} <= set(became[0]) and became[0][-2:] == ["-k", "money"]
    settings = PROJECT["tool"]["pytest"]["ini_options"]
    assert "--doctest-modules" in settings["addopts"] and settings["testpaths"] == ["tests", "kamlib", "reports/sample"]
