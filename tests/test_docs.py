"""What a reader can see is true: docstrings have their sections, keys exist, the README's commands run."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from kamlib.cli import cli

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ["periods", "money", "policy", "selection", "segments", "lifecycle", "kpis", "scorecards", "scores"]
INNER = {("scores", name) for name in ("facts", "measures", "frame")}  # called by its two functions only
METHOD_FILES = [ROOT / "kamlib/groups.py", ROOT / "kamlib/receipts.py", ROOT / "kamlib/sensitivity.py"]
METHOD_FILES += sorted(path for name in PACKAGES for path in (ROOT / "kamlib" / name).glob("*.py") if (name, path.stem) not in INNER)
NEEDS_TABLES = "scores"  # its examples would be an engagement; tests/test_scores.py has them


def public_functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


@pytest.mark.parametrize("path", METHOD_FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_public_calculations_say_what_they_take_and_give(path):
    for function in public_functions(path):
        text = ast.get_docstring(function) or ""
        lacks = {name for name in ("Parameters", "Returns", "Examples") if f"{name}\n---" not in text} if function.args.args else set()
        assert lacks <= ({"Examples"} if path.parent.name == NEEDS_TABLES else set()), f"{path.name}:{function.name} lacks {lacks}"


def test_every_cited_source_key_is_listed():
    listed = set(re.findall(r"^\| ?\**`?(S\d[abc]?|L)`?\** ?\|", (ROOT / "docs/SOURCES.md").read_text(encoding="utf-8"), flags=re.M))
    cited = {key for path in METHOD_FILES for key in re.findall(r"\[(S\d[abc]?|L)\]", path.read_text(encoding="utf-8"))}
    assert {"S2a", "S2b", "S4a"} <= cited <= listed


def readme_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = [
        line[2:] for block in re.findall(r"```console\n(.*?)```", text, flags=re.S) for line in block.splitlines() if line.startswith("$ ")
    ]
    return [shlex.split(line) for line in lines]


def test_readme_commands_exist():
    run_py = [words[2:] for words in readme_commands() if words[:2] == ["python3", "run.py"]]
    assert run_py[:2] == [["demo"], ["test"]]
    known = set(cli.commands) | {"test"}
    assert {words[0] for words in run_py} <= known


def test_readme_files_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in re.findall(r"\]\(((?!https?:)[^)#]+)\)", text):
        assert (ROOT / name).exists(), name
