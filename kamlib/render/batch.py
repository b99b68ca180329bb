"""The batch: one workbook per account, a few at a time; a failing account stops nobody else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from kamlib.checks import EXIT_DONE, EXIT_INTERRUPTED, EXIT_SOME_FAILED, KamError
from kamlib.packs import canonical, file_stem
from kamlib.render import ledger
from kamlib.render.folder import STAGING_NAME, write_private
from kamlib.render.ledger import DONE, FAILED, Key, Record
from kamlib.render.supervise import Job, Workers, run_jobs, stoppable
from kamlib.render.verdict import one_line, settled, suspects

CELL_SECONDS, ACCOUNT_SECONDS = 120, 300
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
    subject : str
        The parameter that names whose notebook it is: ``account_id`` or ``manager_id``; blank for one on everybody.
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
    subject: str = "account_id"
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
    def suspect(self) -> list[Record]:
        """Return the records of rendered accounts that are far off the others."""
        return [record for record in self.done if record.doubt]

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
    workers: Workers,
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
    workers : Workers
        Where; the caller closes them.
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
        note(batch.record(account_id, FAILED, reason=one_line(reason)))
    try:
        with stoppable():
            jobs = _staged(batch, build, account_ids, summary, note)
            for ended in run_jobs(jobs, workers, at_once=batch.at_once, limit_seconds=batch.account_seconds):
                note(settled(batch, ended))
                shutil.rmtree(ended.job.stage, ignore_errors=True)
    except KeyboardInterrupt:
        summary.interrupted = True
    for place, record in suspects(summary.records):
        ledger.append(batch.folder, record)
        summary.records[place] = record
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
            note(batch.record(account_id, FAILED, reason=one_line(why)))
            continue
        made_of = input_hash(text, batch.ingredients)
        last = before.get(Key(account_id, batch.notebook, batch.language, batch.edition))
        if not batch.fresh and last and _still_holds(batch, last, made_of):
            summary.unchanged.append(account_id)
            continue
        title = _title(batch, account_id, pack)
        yield Job(account_id, _stage(batch, account_id, title, text), made_of)


def _still_holds(batch: Batch, last: Record, made_of: str) -> bool:
    return last.input_hash == made_of and set(batch.formats) <= last.files.keys() and ledger.is_intact(batch.folder, last)


def _title(batch: Batch, subject: str, pack: dict) -> str:
    named = pack.get(batch.subject.removesuffix("_id")) if batch.subject else {"name": batch.engagement}
    return (named or {}).get("name") or subject


def _stage(batch: Batch, account_id: str, title: str, pack: str) -> Path:
    stem = file_stem(account_id)
    stage = batch.folder / STAGING_NAME / stem
    shutil.rmtree(stage, ignore_errors=True)
    stage.parent.mkdir(mode=0o700, exist_ok=True)
    stage.mkdir(mode=0o700)
    pack_path = stage / "pack.json"
    write_private(pack_path, pack)
    given = {"engagement": batch.params, "as_of": batch.as_of, "language": batch.language, "edition": batch.edition, "pack": str(pack_path)}
    given |= {batch.subject: account_id} if batch.subject else {}
    job = {"template": str(batch.template), "stem": stem, "title": title, "formats": list(batch.formats)}
    job |= {"cell_seconds": batch.cell_seconds, "parameters": given}
    write_private(stage / "job.json", json.dumps(job))
    return stage


def input_hash(pack: str, ingredients: Mapping) -> str:
    """Return one hash over everything that a workbook is made of."""
    return sha256((pack + "\n" + json.dumps(ingredients, sort_keys=True)).encode("utf-8", "surrogatepass")).hexdigest()
