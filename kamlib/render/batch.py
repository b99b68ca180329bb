"""The batch: one workbook per account, a few at a time; a failing account stops nobody else."""

from __future__ import annotations

import json
import shutil
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from kamlib.checks import EXIT_DONE, EXIT_INTERRUPTED, EXIT_SOME_FAILED, KamError
from kamlib.packs import canonical, file_stem
from kamlib.render import ledger
from kamlib.render.folder import STAGING_NAME, publish
from kamlib.render.job import REASON_NAME
from kamlib.render.ledger import DONE, FAILED, Key, Record
from kamlib.render.proof import why_unfinished
from kamlib.render.supervise import LOG_NAME, Ended, Job, run_jobs

CELL_SECONDS, ACCOUNT_SECONDS = 120, 300
REASON_LENGTH = 300
FORMATS = ("html", "ipynb")


@dataclass(frozen=True)
class Batch:
    """What is rendered, for whom and where to.

    Parameters
    ----------
    folder : Path
        The output folder, resolved.
    template : Path
        The notebook.
    engagement : str
        Name of the engagement.
    params : str
        The engagement file as a delivered notebook shall name it: never a path of this machine.
    as_of : str
        ISO date.
    ingredients : dict
        What every workbook of the run is made of beside its account pack; JSON-ready.
    language, edition : str
        For whom.
    formats : tuple of str
        Of `FORMATS`.
    at_once : int
        Number of accounts at a time.
    fresh : bool
        Render again what has not changed.
    per_account : bool
        The notebook is one account's, not one for all of them.
    cell_seconds, account_seconds : int
        Time limits.
    """

    folder: Path
    template: Path
    engagement: str
    params: str
    as_of: str
    ingredients: Mapping
    language: str = "en"
    edition: str = "internal"
    formats: tuple[str, ...] = FORMATS
    at_once: int = 2
    fresh: bool = False
    per_account: bool = True
    cell_seconds: int = CELL_SECONDS
    account_seconds: int = ACCOUNT_SECONDS

    @property
    def notebook(self) -> str:
        """Return the template's name."""
        return self.template.stem

    @property
    def target(self) -> Path:
        """Return the folder of this notebook in this language and edition."""
        return self.folder / self.notebook / f"{self.language}-{self.edition}"

    def record(self, account_id: str, status: str, **more: object) -> Record:
        """Return a ledger record of an account of this batch."""
        finished = datetime.now(UTC).isoformat(timespec="seconds")
        key = Key(account_id, self.notebook, self.language, self.edition)
        return Record(*key, self.engagement, self.as_of, status, finished=finished, **more)


@dataclass
class RunSummary:
    """What came of a run.

    Parameters
    ----------
    folder : Path
        The output folder.
    records : list of Record
        What was rendered or failed, in the order in which it ended.
    unchanged : list of str
        Accounts whose workbook lay there already, made of the same.
    moved_from : str
        The date of the workbooks that lay there, if it was another; blank otherwise.
    interrupted : bool
        The run was stopped from outside; the same command takes it up again.
    doubts : list of KamError
        Numbers that are n/a with the reason; nothing failed.
    """

    folder: Path
    records: list[Record] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    moved_from: str = ""
    interrupted: bool = False
    doubts: list[KamError] = field(default_factory=list)

    @property
    def done(self) -> list[Record]:
        """Return the records of rendered accounts."""
        return [record for record in self.records if record.status == DONE]

    @property
    def failed(self) -> list[Record]:
        """Return the records of failed accounts."""
        return [record for record in self.records if record.status == FAILED]

    @property
    def index(self) -> Path:
        """Return the page that lists everything."""
        return self.folder / "index.html"

    @property
    def exit_code(self) -> int:
        """Return how the command ends."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        return EXIT_SOME_FAILED if self.failed else EXIT_DONE


def run_batch(
    batch: Batch,
    build: Callable[[str], dict],
    account_ids: Iterable[str],
    *,
    set_aside: Mapping[str, str],
    report: Callable[[RunSummary], None] = lambda summary: None,
) -> RunSummary:
    """Render accounts, each as a transaction: all its files and a line in the ledger, or a reason in the ledger.

    Parameters
    ----------
    batch : Batch
        What, for whom, where to. The caller holds the folder (`folder.only_run`).
    build : callable
        Account id to account pack.
    account_ids : iterable of str
        Whom.
    set_aside : mapping of str to str
        Accounts that cannot be rendered, with the reason.
    report : callable
        Called with the summary so far after each account.

    Returns
    -------
    RunSummary
    """
    summary = RunSummary(batch.folder)
    ledger.mend(batch.folder)

    def note(record: Record) -> None:
        ledger.append(batch.folder, record)
        summary.records.append(record)
        report(summary)

    for account_id, reason in set_aside.items():
        note(batch.record(account_id, FAILED, reason=_one_line(reason)))
    with _stoppable(summary):
        jobs = _staged(batch, build, account_ids, summary, note)
        with closing(run_jobs(jobs, at_once=batch.at_once, limit_seconds=batch.account_seconds)) as all_ended:
            for ended in all_ended:
                note(_settled(batch, ended))
                shutil.rmtree(ended.job.stage, ignore_errors=True)
    return summary


def _staged(
    batch: Batch, build: Callable[[str], dict], account_ids: Iterable[str], summary: RunSummary, note: Callable[[Record], None]
) -> Iterator[Job]:
    """Yield a job for each account whose workbook is not there already; its account pack waits in its private folder."""
    before = ledger.read_ledger(batch.folder)
    summary.moved_from = max((last.as_of for last in before.values() if last.as_of != batch.as_of), default="")
    for account_id in account_ids:
        try:
            pack = build(account_id)
            text = canonical(pack)
        except Exception as error:
            why = f"Its figures could not be put together: {type(error).__name__}: {error}"
            note(batch.record(account_id, FAILED, reason=_one_line(why)))
            continue
        made_of = input_hash(text, batch.ingredients)
        last = before.get(Key(account_id, batch.notebook, batch.language, batch.edition))
        if not batch.fresh and last and _still_holds(batch, last, made_of):
            summary.unchanged.append(account_id)
            continue
        title = pack["account"]["name"] or account_id if batch.per_account else batch.engagement
        yield Job(account_id, _stage(batch, account_id, title, text), made_of)


def _still_holds(batch: Batch, last: Record, made_of: str) -> bool:
    return last.input_hash == made_of and set(batch.formats) <= last.files.keys() and ledger.is_intact(batch.folder, last)


def _stage(batch: Batch, account_id: str, title: str, pack: str) -> Path:
    stem = file_stem(account_id)
    stage = batch.folder / STAGING_NAME / stem
    shutil.rmtree(stage, ignore_errors=True)
    stage.parent.mkdir(mode=0o700, exist_ok=True)
    stage.mkdir(mode=0o700)
    pack_path = stage / "pack.json"
    pack_path.touch(mode=0o600)
    pack_path.write_text(pack, encoding="utf-8")
    given = {"engagement": batch.params, "as_of": batch.as_of, "language": batch.language, "edition": batch.edition, "pack": str(pack_path)}
    given |= {"account_id": account_id} if batch.per_account else {}
    job = {"template": str(batch.template), "stem": stem, "title": title, "formats": list(batch.formats)}
    job |= {"cell_seconds": batch.cell_seconds, "parameters": given}
    (stage / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return stage


def input_hash(pack: str, ingredients: Mapping) -> str:
    """Return one hash over everything that a workbook is made of."""
    return sha256((pack + "\n" + json.dumps(ingredients, sort_keys=True)).encode("utf-8", "surrogatepass")).hexdigest()


def _settled(batch: Batch, ended: Ended) -> Record:
    """Look at what a job has left; publish it if it is whole, else say why not."""
    job, seconds, stem = ended.job, round(ended.seconds, 2), file_stem(ended.job.account_id)
    why = _why_failed(batch, ended, stem)
    if why:
        _keep_log(batch, job, stem)
        return batch.record(job.account_id, FAILED, reason=_one_line(why), input_hash=job.input_hash, seconds=seconds)
    final = publish([job.stage / f"{stem}.{ending}" for ending in batch.formats], batch.target, batch.folder)
    files = {path.suffix[1:]: {"path": path.relative_to(batch.folder).as_posix(), **ledger.fingerprint(path)} for path in final}
    return batch.record(job.account_id, DONE, files=files, input_hash=job.input_hash, seconds=seconds)


def _why_failed(batch: Batch, ended: Ended, stem: str) -> str | None:
    """Judge a job by the files it left, never by its exit code alone."""
    stage = ended.job.stage
    if ended.exit_code is None:
        return f"It ran longer than {batch.account_seconds} seconds and was stopped."
    if (stage / REASON_NAME).exists():
        return (stage / REASON_NAME).read_text("utf-8")
    if ended.exit_code < 0:
        return f"Its process was stopped by the system ({signal.Signals(-ended.exit_code).name})."
    missing = [ending for ending in {*batch.formats, "ipynb"} if not (stage / f"{stem}.{ending}").exists()]
    if ended.exit_code or missing:
        return f"Its process ended with code {ended.exit_code} and without {' and '.join(sorted(missing)) or 'a reason'}."
    if "html" in batch.formats and not _is_whole(stage / f"{stem}.html"):
        return "Its page is not whole."
    return why_unfinished(json.loads((stage / f"{stem}.ipynb").read_text("utf-8")))


def _is_whole(page: Path) -> bool:
    from kamlib.render.html import END_MARK

    return page.read_bytes().rstrip().endswith(END_MARK.encode())


def _keep_log(batch: Batch, job: Job, stem: str) -> None:
    logs = batch.folder / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    shutil.move(job.stage / LOG_NAME, logs / f"{stem}.log")


def _one_line(text: str) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= REASON_LENGTH else f"{line[: REASON_LENGTH - 1]}…"


@contextmanager
def _stoppable(summary: RunSummary) -> Iterator[None]:
    """Turn Ctrl-C and a polite kill into an orderly end."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, interrupt) if in_main else None
    try:
        yield
    except KeyboardInterrupt:
        summary.interrupted = True
    finally:
        if in_main:
            signal.signal(signal.SIGTERM, before)
