"""Both engines put out what a stock kernel puts out: a zoo of notebooks, run three ways and compared cell by cell."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]
STOCK, IN_KERNEL, IN_PROCESS = "nbclient", "kamlib-kernel", "kamlib"
LIMIT_SECONDS = 300
CELL_SECONDS = {"displays": 10}  # a stock kernel with widgets sometimes waits as long as it may; see docs/rendering.md
DIGEST_FROM = 2_000
TEST_ONLY = {"MPLBACKEND", "PYTHONWARNINGS", "PYTEST_CURRENT_TEST"}
MASKS = {
    r"0x[0-9a-f]{6,}": "an address",
    r"\b[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\b": "an id",
    r"T_[0-9a-f]{5}": "a style",
    r"ipykernel_\d+": "a process",
    r"\d+(\.\d+)?(e[+-]\d+)? ([nµμm]?s|us)\b": "a time",
    r"\d\d:\d\d<\d\d:\d\d, +[\d.?]+it/s": "a rate",
    r"Thread-\d+": "a thread",
}
DIFFERENT = {
    IN_PROCESS: {
        "The command line": ("True", "False"),
        "Loaded modules": ("False", "True"),
        "Threads": ("True", "False"),
        "The kernel application": ("True", "False"),
        "Classes": ("('ipykernel.ipkernel', 'ipykernel.iostream')", "('kamlib.render.inprocess', 'kamlib.render.streams')"),
        "Earlier sessions": ("type(get_ipython().kernel).__module__, type(sys.stdout).__module__", ""),
    },
    IN_KERNEL: {"A break point": ("went on", "StdinNotImplementedError")},
}
LOST = {  # by a stock kernel, or shown in one cell or another as it happens
    'A lone surrogate\nprint("half a pair: \\ud83d")': "half a pair: ?\n",
    'Programs that write as the cell ends\nimport os\nos.write(1, b"written below Python\\n");': "written below Python\n",
}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the engine kamlib runs on Linux only")


def notebook(*cells: str) -> NotebookNode:
    """Make a notebook of cells whose first line is a name, with tags in brackets."""
    made = []
    for number, cell in enumerate(cells):
        head, _, source = cell.partition("\n")
        name, tags = re.fullmatch(r"(.+?)(?: \[(.+)\])?", head).groups(default="")
        made.append(new_code_cell(source.rstrip("\n"), id=f"cell-{number}", metadata={"name": name, "tags": tags.split()}))
    return new_notebook(cells=made, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})


def zoo() -> dict[str, NotebookNode]:
    """Return the notebooks of `zoo.txt`."""
    text = Path(__file__).with_name("zoo.txt").read_text("utf-8")
    parts = [part.partition("\n") for part in re.split(r"^=== ", text, flags=re.M)[1:]]
    return {name: notebook(*re.split(r"^--- ", cells, flags=re.M)[1:]) for name, _, cells in parts}


def execute(name: str, made: NotebookNode, engine: str, folder: Path) -> None:
    """Run one notebook with papermill, in a folder of its own, and note how that ended."""
    import papermill
    from traitlets.config import Config

    import kamlib.render.engine  # noqa: F401 - makes both engines known to papermill

    (folder / name).mkdir()
    os.chdir(folder / name)
    options = {"progress_bar": False, "request_save_on_cell_execute": False, "execution_timeout": CELL_SECONDS.get(name, 60)}
    given = {"account_id": "A001"} if name == "identity" else {}
    private = Config({"KernelManager": {"transport": "ipc"}})
    end = "done"
    try:
        papermill.execute_notebook(made, str(folder / f"{name}.ipynb"), given, engine_name=engine, config=private, **options)
    except Exception as error:
        end = f"{type(error).__name__}: {error}"
    (folder / f"{name}.txt").write_text(end, "utf-8")


def main(engine: str, folder: Path) -> None:
    """Run the zoo; with the engine ``kamlib`` in copies of the template process, as a batch does."""
    if engine == IN_PROCESS:
        from kamlib.render import template

        template.warm()
    for name, made in zoo().items():
        copy = os.fork() if engine == IN_PROCESS else None
        if copy:
            os.waitpid(copy, 0)
            continue
        execute(name, made, engine, folder)
        if copy == 0:
            os._exit(0)


def start(*command: str, folder: Path, **more: str) -> subprocess.Popen:
    """Start a Python process that sees nothing of the test run or of the user's own settings."""
    kept = {name: value for name, value in os.environ.items() if name not in TEST_ONLY}
    own = {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_RUNTIME_DIR": str(folder), "TMPDIR": str(folder)}
    with open(folder / "log", "wb") as log:
        command = [sys.executable, *command]
        return subprocess.Popen(command, env=kept | own | more, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)


def finish(process: subprocess.Popen, folder: Path) -> None:
    """Wait until a process has ended well."""
    try:
        assert process.wait(LIMIT_SECONDS) == 0, (folder / "log").read_text("utf-8", "replace")
    finally:
        process.kill()


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folder of executed notebooks per engine; the two that mostly wait run at the same time."""
    folders = {engine: tmp_path_factory.mktemp("z") for engine in (STOCK, IN_KERNEL, IN_PROCESS)}
    kernels = {"JUPYTER_PATH": str(ROOT / "kamlib" / "render")}
    started = {
        engine: start(__file__, engine, str(folder), folder=folder, **(kernels if engine == IN_KERNEL else {}))
        for engine, folder in folders.items()
    }
    for engine, process in started.items():
        finish(process, folders[engine])
    return folders


def joined(outputs: list[dict]) -> list[dict]:
    """Return outputs with neighbouring parts of one stream as one."""
    found: list[dict] = []
    for output in outputs:
        if found and output["output_type"] == "stream" and found[-1].get("name") == output["name"]:
            found[-1]["text"] += output["text"]
        else:
            found.append(output)
    return found


def masked(value: object) -> object:
    """Return a JSON value without what differs from run to run; long texts as their digest."""
    if isinstance(value, dict):
        return {masked(key): masked(part) for key, part in value.items()}
    if isinstance(value, list):
        return [masked(part) for part in value]
    if not isinstance(value, str):
        return value
    if len(value) >= DIGEST_FROM and " " not in value:
        return f"{len(value)} characters, {hashlib.md5(value.encode()).hexdigest()}"
    for pattern, name in MASKS.items():
        value = re.sub(pattern, name, value)
    return value


def seen(folder: Path, name: str) -> dict[str, object]:
    """Return what an executed notebook shows, cell by cell; a widget is called by its model, whose id is new each time."""
    read = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    states = read.metadata.pop("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    done = read.metadata.pop("papermill")
    found = {
        "metadata": read.metadata,
        "widgets": list(states.values()),
        "papermill": [done["parameters"], done.get("exception")],
        "end": (folder / f"{name}.txt").read_text("utf-8"),
    }
    for number, cell in enumerate(read.cells):
        status = cell.metadata.pop("papermill", {})
        cell.metadata["papermill"] = [status.get("status"), status.get("exception")]
        cell.metadata["execution"] = sorted(cell.metadata.get("execution", {}))
        cell["outputs"] = joined(cell.get("outputs", []))
        cell["id"] = cell.metadata.get("name", f"papermill's own, at {number}")
        found[cell["id"]] = cell
    text = json.dumps(found).replace(str(folder), "the folder")
    for key, state in states.items():
        text = text.replace(key, state["model_name"])
    found = masked(json.loads(text))
    return found | {"widgets": sorted(found["widgets"], key=json.dumps)}


def different(one: dict[str, object], other: dict[str, object]) -> dict[str, tuple]:
    """Return what is not alike in two notebooks."""
    return {name: (one.get(name), other.get(name)) for name in [*one, *other] if one.get(name) != other.get(name)}


def shown(cell: dict) -> str:
    """Return all text of a cell's outputs."""
    return "".join(output.get("text") or output["data"]["text/plain"] for output in cell["outputs"])


@pytest.mark.parametrize("engine", [IN_KERNEL, IN_PROCESS])
@pytest.mark.parametrize("name", zoo())
def test_every_cell_shows_what_a_stock_kernel_shows(executed, name, engine):
    found = different(seen(executed[STOCK], name), seen(executed[engine], name))
    assert {cell: pair for cell, pair in found.items() if cell not in DIFFERENT[engine]} == {}


@pytest.mark.parametrize("engine", [IN_KERNEL, IN_PROCESS])
def test_what_differs_does_so_as_described(executed, engine):
    stock, ours = (seen(executed[one], "identity") for one in (STOCK, engine))
    found = {name: tuple("".join(shown(cell[name]).splitlines()[-1:]) for cell in (stock, ours)) for name in DIFFERENT[engine]}
    assert found == DIFFERENT[engine]


def test_the_page_lists_what_differs():
    page = (ROOT / "docs/rendering.md").read_text("utf-8")
    listed = re.findall(r"^\| \*\*(.+?)\*\* \|", page, flags=re.M)
    assert listed == [*DIFFERENT[IN_PROCESS], *(cell.splitlines()[0] for cell in LOST), "After `exit()`", *DIFFERENT[IN_KERNEL]]


FIRST = notebook(
    "first\nimport logging, sys\nimport matplotlib.pyplot as plt\nget_ipython().execution_count",
    "drawn\nplt.plot([1, 2]);",
    "changed\nsecret = 1\nplt.rcParams['figure.figsize'] = (9, 9)\nlogging.basicConfig()\nsys.path.insert(0, 'secret')\n%precision 1",
    "left open\n%config InlineBackend.close_figures = False\n%config InlineBackend.figure_formats = ['svg']\nplt.figure();",
)
SECOND = notebook(
    "first\nimport logging, sys\nimport matplotlib.pyplot as plt\nget_ipython().execution_count",
    "drawn\nplt.plot([1, 2]);",
    "names\n'secret' in globals(), 'secret' in sys.path, plt.get_fignums(), logging.getLogger().handlers, In[1:3] == Out, 1 / 3",
)
EXITING = notebook(*LOST, "exit\nexit()", "late\nopen('late', 'w').close()")
TOGETHER = """
import json, logging, os, sys
from pathlib import Path
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
import kamlib.render.engine
import papermill
from papermill.engines import papermill_engines
assert papermill_engines.get_engine("kamlib-kernel").execute_managed_notebook
plt.rcParams["figure.figsize"] = (5, 5)
logging.basicConfig()
before = sys.stdout, sys.stderr, sys.path, sys.modules["__main__"], logging.getLogger().handlers[0]
ends = []
for name in ("first", "second", "exiting"):
    try:
        papermill.execute_notebook(f"{name}.ipynb", f"{name}-done.ipynb", engine_name="kamlib", kernel_name="python3", progress_bar=False)
        ends.append("done")
    except Exception as error:
        ends.append(type(error).__name__)
after = sys.stdout, sys.stderr, sys.path, sys.modules["__main__"], logging.getLogger().handlers[0]
own = [one is other for one, other in zip(before, after)]
Path("ends.json").write_text(json.dumps([ends, own, plt.rcParams["figure.figsize"]]))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a search path on which the engines are found by the names that `pyproject.toml` gives them."""
    folder = tmp_path_factory.mktemp("installed")
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    lines = [line for group, names in groups.items() for line in (f"[{group}]", *(f"{name} = {place}" for name, place in names.items()))]
    (folder / "engines-1.dist-info").mkdir()
    (folder / "engines-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: engines\nVersion: 1\n")
    (folder / "engines-1.dist-info/entry_points.txt").write_text("\n".join(lines))
    return os.pathsep.join([str(folder), str(ROOT)])


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory, installed: str) -> Path:
    """Return the folder in which three notebooks ran one after the other in one process."""
    folder = tmp_path_factory.mktemp("together")
    for name, made in {"first": FIRST, "second": SECOND, "exiting": EXITING}.items():
        nbformat.write(made, folder / f"{name}.ipynb")
    finish(start("-c", TOGETHER, folder=folder, PYTHONPATH=installed), folder)
    return folder


def test_a_second_notebook_in_one_process_sees_nothing_of_the_first(together):
    first, second = (nbformat.read(together / f"{name}-done.ipynb", 4).cells for name in ("first", "second"))
    assert [cell.execution_count for cell in second] == [1, 2, 3]
    assert shown(first[0]) == shown(second[0])
    pictures = [[output.data.get("image/png") for output in cells[1].outputs] for cells in (first, second)]
    assert pictures[0] == pictures[1] and len(pictures[0]) == 1 and pictures[0][0]
    assert shown(second[2]) == "(False, False, [], [], False, 0.3333333333333333)"


def test_the_process_gets_back_what_was_its_own(together):
    ends, own, size = json.loads((together / "ends.json").read_text())
    assert ends[:2] == ["done", "done"] and all(own) and size == [5.0, 5.0]


def test_nothing_is_lost(together):
    cells = nbformat.read(together / "exiting-done.ipynb", 4).cells
    assert [shown(cell) for cell in cells[: len(LOST)]] == list(LOST.values())


def test_no_cell_runs_after_an_exit(together):
    ends, *_ = json.loads((together / "ends.json").read_text())
    assert ends[2] == "DeadKernelError" and not (together / "late").exists()


def test_papermill_renders_with_our_engine_by_name(tmp_path, installed):
    nbformat.write(notebook("one\nimport logging\nlogging.warning('careful')\nlogging.info('unheard')\n1 + 1"), tmp_path / "in.ipynb")
    command = ("-m", "papermill", "--engine", IN_PROCESS, "in.ipynb", "out.ipynb")
    finish(start(*command, folder=tmp_path, PYTHONPATH=installed), tmp_path)
    assert shown(nbformat.read(tmp_path / "out.ipynb", 4).cells[0]) == "WARNING:root:careful\n2"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
