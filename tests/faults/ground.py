"""Where faults are tried: whole batches of tiny accounts run as copies of one warm process, so that hundreds can be killed in minutes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import click
import nbformat
import psutil
from nbformat.v4 import new_code_cell, new_notebook

from kamlib.cli import Commands
from kamlib.data.disk import write_whole
from kamlib.packs import canonical
from kamlib.render import ledger, template, workers
from kamlib.render.batch import Batch, input_hash, run_batch
from kamlib.render.folder import only_run
from kamlib.render.html import END_MARK
from kamlib.render.ledger import Record
from kamlib.render.proof import why_unfinished
from kamlib.render.startup import die_with_parent
from tests.render.conftest import ACT, DONE, PARAMETERS

ROOT = Path(__file__).resolve().parents[2]
PAGE_END = b"</html>"
PAGE = b"<html>" + b"." * 6_000 + PAGE_END
POLL_SECONDS = 0.002
GONE_SECONDS = 10
LONGEST_SECONDS = 600
TIMES = ("finished", "seconds", "cpu_seconds", "peak_bytes")


class NotRun(Exception):
    """This machine cannot try it, and why."""


@dataclass
class Finding:
    """What came of one promise.

    Parameters
    ----------
    promise : str
        What is promised.
    tried : int
        How often.
    broken : list of str
        How it was broken, each time.
    figures : str
        What was measured.
    """

    promise: str
    tried: int = 0
    broken: list[str] = field(default_factory=list)
    figures: str = ""


@dataclass(frozen=True)
class Trial:
    """A batch that shall run in a process of its own.

    Parameters
    ----------
    batch : Batch
        What.
    accounts : tuple of str
        Whom; what follows a colon is what the notebook does, see `tests.render.conftest`.
    engine : str
        ``fork`` or ``kernel``.
    warm : bool
        The template process is a copy of this warm one; else a new one, as in earnest.
    limits : dict
        Of the workers.
    first : callable
        Called in the new process before anything else.
    log : Path or None
        What it says goes here; None for ``trial.log`` beside its folder.
    """

    batch: Batch
    accounts: tuple[str, ...]
    engine: str = "fork"
    warm: bool = True
    limits: dict = field(default_factory=dict)
    first: Callable[[], None] = lambda: None
    log: Path | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "log", self.log or self.batch.folder.with_name("trial.log"))


@contextmanager
def place(base: Path | None = None) -> Iterator[Path]:
    """Give a new folder and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir=base)).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_batch(folder: Path, *, params: str = "params/sample.yaml", **more) -> Batch:
    """Return a batch of the tiny notebook into a folder; the notebook lies beside it."""
    path = folder.with_name("templates") / "account_workbook.ipynb"
    if not path.exists():
        path.parent.mkdir()
        cells = [new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}, id="parameters"), new_code_cell(ACT, id="act")]
        nbformat.write(new_notebook(cells=[*cells, new_code_cell(DONE, id="done")], metadata={"kamlib": {"sections": ["words"]}}), path)
    folder.mkdir(exist_ok=True)
    settings = {"formats": ("html", "ipynb"), "cell_seconds": 60, "account_seconds": 120, "ingredients": {"params": params}} | more
    return Batch(folder=folder, template=path, engagement="Test", params=params, as_of="2026-06-30", **settings)


def build(account_id: str) -> dict:
    """Return an account pack: it tells the notebook what to do."""
    return {"account_id": account_id, "account": {"name": f"Name of {account_id}"}, "act": account_id.partition(":")[2] or "work"}


def hash_of(batch: Batch, account_id: str) -> str:
    """Return the input hash that an account of a batch has."""
    return input_hash(canonical(build(account_id)), batch.ingredients)


def start(trial: Trial, do: Callable[[Trial], None] | None = None) -> int:
    """Start a trial, or something else with it, and return the id of its process."""
    here = os.getpid()
    process_id = os.fork()
    if process_id:
        return process_id
    code = 1
    try:
        die_with_parent(here, by=signal.SIGKILL)
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
        log = os.open(trial.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1), os.dup2(log, 2), os.close(log)
        trial.first()
        Commands(commands={"trial": click.Command("trial", callback=lambda: (do or render)(trial))})(["trial"])
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            sys.stdout.flush(), sys.stderr.flush()
        os._exit(code)


def render(trial: Trial) -> None:
    """Do what `kamlib.render.render` does when it has read and scored."""
    if trial.warm and trial.engine == "fork":
        workers.subprocess = SimpleNamespace(Popen=WarmTemplate, PIPE=None)
    made = {"fork": workers.Copies, "kernel": workers.Kernels}[trial.engine]
    page = trial.batch.folder / "index.html"
    with only_run(trial.batch.folder), closing(made(**trial.limits)) as running:
        write_whole(page, PAGE)
        summary = run_batch(trial.batch, build, trial.accounts, running, set_aside={})
        write_whole(page, PAGE)
    sys.exit(summary.exit_code)


class WarmTemplate:
    """Stands for ``subprocess.Popen`` of a template process: a copy of this process, which is warm already."""

    def __init__(self, command: list[str], *, env: dict[str, str], **_: object) -> None:
        asked, to_template = os.pipe()
        from_template, told = os.pipe()
        parent_id = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            with suppress(BaseException):
                os.setsid()
                os.dup2(asked, 0), os.dup2(told, 1), os.closerange(3, 1024)
                os.environ.clear(), os.environ.update(env)
                tempfile.tempdir, template.warm = None, lambda: None
                template.main(parent_id)
            os._exit(0)
        os.close(asked), os.close(told)
        self.stdin, self.stdout = os.fdopen(to_template, "wb"), os.fdopen(from_template, "rb")

    def wait(self) -> None:
        os.waitpid(self.pid, 0)


def wait(process_id: int, seconds: float = LONGEST_SECONDS) -> int | None:
    """Return a trial's exit code, negative for a signal; None when it still runs after that time."""
    until = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(process_id, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            return None
        time.sleep(POLL_SECONDS)


def run(trial: Trial) -> int:
    """Run a trial to its end and return its exit code."""
    process_id = start(trial)
    code = wait(process_id)
    if code is None:
        kill(tree(process_id))
        os.waitpid(process_id, 0)
        raise TimeoutError(f"a batch took more than {LONGEST_SECONDS} seconds")
    return code


def run_well(trial: Trial) -> None:
    """Run a trial that nothing disturbs."""
    code = run(trial)
    if code:
        log = trial.log.read_text("utf-8", "replace")
        reasons = [record.reason for record in records(trial.batch.folder)]
        raise RuntimeError(f"an undisturbed run ended with {code}; {reasons}; {log[-2000:]}")


def tree(process_id: int) -> list[psutil.Process]:
    """Return a process and all that it has started, in that order."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(process_id)
        return [process, *process.children(recursive=True)]
    return []


def kill(processes: list[psutil.Process]) -> None:
    """Kill them at once."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def survivors(processes: list[psutil.Process]) -> list[str]:
    """Return those that have not ended after a while; who only waits to be buried has ended."""
    _, alive = psutil.wait_procs(processes, timeout=GONE_SECONDS)
    return [f"process {process.pid} survived" for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def lines_count(folder: Path) -> int:
    """Return how many lines the ledger has."""
    path = folder / ledger.LEDGER_NAME
    return path.read_bytes().count(b"\n") if path.exists() else 0


def records(folder: Path) -> list[Record]:
    """Return every whole line of the ledger."""
    path = folder / ledger.LEDGER_NAME
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [Record(**json.loads(line)) for line in lines]


def delivered(batch: Batch) -> dict[str, bytes]:
    """Return everything under a final name."""
    paths = sorted(path for path in (batch.folder / batch.notebook).rglob("*") if path.is_file())
    return {path.relative_to(batch.folder).as_posix(): path.read_bytes() for path in paths}


def timeless(batch: Batch) -> dict[str, dict]:
    """Return what the ledger says of each account, without times and costs."""
    found = ledger.read_ledger(batch.folder).values()
    return {record.account_id: asdict(replace(record, **dict.fromkeys(TIMES))) for record in found}


def why_torn(name: str, content: bytes) -> str | None:
    """Say why a file is not whole."""
    if name.endswith(".html"):
        return None if content.rstrip().endswith((END_MARK.encode(), PAGE_END)) else f"{name} has no end"
    try:
        why = why_unfinished(json.loads(content))
    except ValueError as error:
        return f"{name}: {error}"
    return why and f"{name}: {why}"


def torn(batch: Batch) -> list[str]:
    """Return what is wrong with any file under a final name, and with what the ledger calls done."""
    found = delivered(batch)
    if (batch.folder / "index.html").exists():
        found["index.html"] = (batch.folder / "index.html").read_bytes()
    wrong = [why for why in (why_torn(name, content) for name, content in found.items()) if why]
    return wrong + [f"stray {name}" for name in found if not name.endswith((".html", ".ipynb"))]


def false_done(batch: Batch) -> list[str]:
    """Return what the ledger calls done and is not there as it was written."""
    done = [record for record in ledger.read_ledger(batch.folder).values() if record.status == ledger.DONE]
    return [f"{record.account_id} is not as the ledger says" for record in done if not ledger.is_intact(batch.folder, record)]


def rendered_twice(batch: Batch) -> list[str]:
    """Return the accounts that the ledger calls done more than once."""
    counts = Counter(record.account_id for record in records(batch.folder) if record.status == ledger.DONE)
    return [f"{account_id} was rendered {count} times" for account_id, count in counts.items() if count > 1]


def left_over(batch: Batch, process_id: int) -> list[str]:
    """Return what a run that has ended in order must not leave."""
    hidden = [path for path in batch.folder.glob(".*") if path.name != ".lock"]
    return [f"{path} is left" for path in [*Path("/tmp").glob(f"kam-{process_id}-*"), *hidden]]
