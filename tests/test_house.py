"""The house keeps its order: imports point one way, nothing of this machine gets in, and what is public is described."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kamlib

ROOT = Path(__file__).resolve().parents[1]
LAYERS = [
    {"checks", "periods", "money"},
    {"playbook", "policy"},
    {"data"},
    {
        "selection",
        "segments",
        "lifecycle",
        "kpis",
        "groups",
        "scorecards",
        "sensitivity",
        "stakeholders",
        "value",
        "warning",
        "incentives",
        "coverage",
        "pricing",
        "levers",
        "moves",
        "review",
    },
    {"scores", "receipts"},
    {"backtest"},
    {"packs"},
    {"show"},
    {"render"},
    {"workshop", "course"},
    {"cli"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
ENTRANCES = {"__init__", "__main__"}
FOREIGN_TO_THE_METHOD = {"matplotlib", "papermill", "IPython", "jinja2", "nbconvert", "nbformat", "click", "tqdm"}
MODULES = sorted((ROOT / "kamlib").rglob("*.py"))
LONGEST_MODULE = 300
HEAVY = {"pandas", "numpy", "matplotlib", "papermill", "duckdb", "pydantic"}


def room(path: Path) -> str:
    """Return the part of the house a module belongs to."""
    return path.relative_to(ROOT / "kamlib").parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Return the full names of everything a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it points"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def named(paths: list[Path]) -> list:
    return [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in paths]


def test_every_room_has_its_place():
    assert {room(path) for path in MODULES} - ENTRANCES == RANK.keys()


@pytest.mark.parametrize("path", named([path for path in MODULES if room(path) not in ENTRANCES]))
def test_imports_point_one_way(path):
    rooms = {name.split(".")[1] for name in imported(path) if name.startswith("kamlib.")} - {"__version__"}
    assert not {other for other in rooms if RANK[other] > RANK[room(path)]}


@pytest.mark.parametrize("path", named([path for path in MODULES if RANK.get(room(path), 99) <= RANK["packs"]]))
def test_the_method_knows_nothing_of_pages(path):
    assert not {name.split(".")[0] for name in imported(path)} & FOREIGN_TO_THE_METHOD


@pytest.mark.parametrize("path", named(MODULES))
def test_a_module_fits_into_the_head(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", named(MODULES))
def test_what_is_public_is_described(path):
    tree = ast.parse(path.read_text("utf-8"))
    public = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")]
    assert [node.name for node in public if not ast.get_docstring(node)] == []
    assert ast.get_docstring(tree)


@pytest.mark.parametrize("name", kamlib.__all__)
def test_every_public_name_is_there(name):
    assert getattr(kamlib, name) is not None


def test_an_unknown_name_says_which_there_are():
    with pytest.raises(AttributeError, match=r"has no attribute 'scores_'; it has .*open_pack"):
        _ = kamlib.scores_


def test_help_loads_none_of_the_heavy_libraries():
    program = f"import sys; from kamlib.cli import cli; cli(['--help'], standalone_mode=False); print({HEAVY} & sys.modules.keys())"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "render" in shown.stdout and shown.stdout.splitlines()[-1] == "set()"


def own_texts() -> list[Path]:
    """Return every text file that git knows or would take in."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    paths = [ROOT / name for name in listed if name and (ROOT / name).is_file()]
    return [path for path in paths if b"\0" not in path.read_bytes()[:8192]]


def test_no_file_names_a_package_index_or_a_path_of_a_machine():
    hosts = [r"pypi\.", r"pythonhosted\.", r"registry\.npmjs\.", r"deb\.debian\.", r"anaconda\."]
    folders = ["home/(?!user)[a-z]", "Users/[A-Za-z]", "root/", "work/", "tmp/[a-z]+[-_/]"]
    forbidden = re.compile("|".join([f"{host}(org|com)" for host in hosts] + [rf"(?<![\w.}}>/-])/{folder}" for folder in folders]))
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in own_texts()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if forbidden.search(line)
    ]
    assert found == []
