"""What came of a job: judged by the files that it left, then published or refused with a reason."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from kamlib.packs import file_stem
from kamlib.render import ledger
from kamlib.render.folder import publish
from kamlib.render.job import REASON_NAME
from kamlib.render.ledger import DONE, FAILED, Record
from kamlib.render.proof import why_unfinished
from kamlib.render.supervise import LOG_NAME, Ended, Job

if TYPE_CHECKING:
    from kamlib.render.batch import Batch

REASON_LENGTH = 300
FEWEST_COMPARED = 8
SIZE_TIMES, SECONDS_TIMES, SECONDS_LEAST = 3, 10, 10


def settled(batch: Batch, ended: Ended) -> Record:
    """Publish what a job has left if it is whole, else say why not.

    Parameters
    ----------
    batch : Batch
        Of which the job is part.
    ended : Ended
        How it ended.

    Returns
    -------
    Record
        For the ledger.
    """
    job, stem = ended.job, file_stem(ended.job.account_id)
    cost = {"seconds": round(ended.seconds, 2), "cpu_seconds": ended.how.cpu_seconds, "peak_bytes": ended.how.peak_bytes}
    why = why_failed(batch, ended, stem)
    if why is not None:
        _keep_log(batch, job, stem)
        return batch.record(job.account_id, FAILED, reason=one_line(why), input_hash=job.input_hash, **cost)
    final = publish([job.stage / f"{stem}.{ending}" for ending in batch.formats], batch.target, batch.folder)
    files = {path.suffix[1:]: {"path": path.relative_to(batch.folder).as_posix(), **ledger.fingerprint(path)} for path in final}
    return batch.record(job.account_id, DONE, files=files, input_hash=job.input_hash, **cost)


def why_failed(batch: Batch, ended: Ended, stem: str) -> str | None:
    """Say why a job counts as failed, None if it does not; its exit code alone proves nothing."""
    stage, code = ended.job.stage, ended.how.code
    if ended.out_of_time:
        return f"It ran longer than {batch.account_seconds} seconds and was stopped."
    if code is None:
        return "Its process vanished twice; the system may be short of memory."
    if (stage / REASON_NAME).exists():
        return (stage / REASON_NAME).read_text("utf-8") or "It failed and had no room on the disk to say why."
    if code < 0:
        return f"Its process was stopped by the system ({signal.Signals(-code).name}); it was killed, or ran out of memory."
    missing = [ending for ending in {*batch.formats, "ipynb"} if not (stage / f"{stem}.{ending}").exists()]
    if code or missing:
        return f"Its process ended with code {code} and without {' and '.join(sorted(missing)) or 'a reason'}."
    if "html" in batch.formats and not _is_whole(stage / f"{stem}.html"):
        return "Its page is not whole."
    try:
        return why_unfinished(json.loads((stage / f"{stem}.ipynb").read_text("utf-8")))
    except ValueError:
        return "Its notebook is not whole."


def suspects(records: Sequence[Record]) -> Iterator[tuple[int, Record]]:
    """Yield place and marked record of each workbook that is far off the others of its run.

    Parameters
    ----------
    records : sequence of Record
        Of one run.

    Yields
    ------
    tuple of int and Record
        With `Record.doubt`: a third of the median size or less, three times or more, or ten times the median time.
        Nothing where fewer than eight were rendered.

    Examples
    --------
    >>> made = [Record(str(n), "n", "en", "internal", "E", "2026-06-30", DONE, files={"html": {"bytes": 90 + n}}) for n in range(8)]
    >>> small = replace(made[0], files={"html": {"bytes": 20}})
    >>> [(place, record.doubt) for place, record in suspects([*made, small])]
    [(8, 'It is 0.2 times as large as the others.')]
    """
    done = [(place, record) for place, record in enumerate(records) if record.status == DONE and record.files]
    if len(done) < FEWEST_COMPARED:
        return
    usual_size = median(_size(record) for _, record in done)
    usual_seconds = max(median(record.seconds for _, record in done), SECONDS_LEAST / SECONDS_TIMES)
    for place, record in done:
        times = _size(record) / usual_size
        if not 1 / SIZE_TIMES < times < SIZE_TIMES:
            yield place, replace(record, doubt=f"It is {times:.1f} times as large as the others.")
        elif record.seconds > SECONDS_TIMES * usual_seconds:
            yield place, replace(record, doubt=f"It took {record.seconds / usual_seconds:.0f} times as long as the others.")


def one_line(text: str) -> str:
    """Return a text as one printable line of bounded length."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= REASON_LENGTH else f"{line[: REASON_LENGTH - 1]}…"


def _size(record: Record) -> int:
    return sum(entry["bytes"] for entry in record.files.values())


def _is_whole(page: Path) -> bool:
    from kamlib.render.html import END_MARK

    return page.read_bytes().rstrip().endswith(END_MARK.encode())


def _keep_log(batch: Batch, job: Job, stem: str) -> None:
    logs = batch.folder / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    if (job.stage / LOG_NAME).exists():
        shutil.move(job.stage / LOG_NAME, logs / f"{stem}.log")
