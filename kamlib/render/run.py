"""Render an engagement: read and score once, choose the accounts, run the batch, list the result."""

from __future__ import annotations

import ast
import platform
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import duckdb
import pandas as pd

from kamlib.checks import KamError
from kamlib.data.engagement import Engagement, load_engagement
from kamlib.data.read import Tables, read
from kamlib.render.batch import FORMATS, Batch, RunSummary, run_batch
from kamlib.render.chosen import whom
from kamlib.render.folder import STAGING_NAME, only_run, publish, require_space, writable
from kamlib.render.index import METRICS, Facts, write_index
from kamlib.render.ledger import read_ledger
from kamlib.render.score_file import HISTORY, write_scores
from kamlib.render.startup import import_jsonschema_quickly
from kamlib.render.supervise import stoppable
from kamlib.render.workers import start_workers
from kamlib.scores import Scores, score
from kamlib.scores.doubts import doubts

SUBJECTS = ("account_id", "manager_id")
PARAMETERS = ("engagement", "as_of", "language", "edition", "pack")  # beside account_id, which only an account's notebook has
LIBRARIES = ("babel", "ipykernel", "ipython", "jinja2", "matplotlib", "nbclient", "nbconvert", "numpy", "pandas", "papermill")
NOTEBOOKS = Path(str(files("kamlib"))).parent / "notebooks"
INDEX_EVERY_SECONDS = 20


@stoppable()
def render(
    engagement: str | Path,
    *,
    accounts: Iterable[str] = (),
    where: Mapping[str, str] | None = None,
    notebook: str = "account_workbook",
    formats: Iterable[str] = FORMATS,
    language: str = "",
    edition: str = "",
    jobs: int = 2,
    engine: str = "",
    out: str | Path = "",
    fresh: bool = False,
    report: Callable[[RunSummary, int], None] = lambda summary, total: None,
) -> RunSummary:
    """Render one workbook per account, and the page that lists them.

    Parameters
    ----------
    engagement : str or Path
        The engagement file.
    accounts : iterable of str
        Account ids; none for every account.
    where : mapping of str to str, optional
        Column of the accounts table or metric, and the value it must have, such as ``segment: core``.
    notebook : str
        A template in ``notebooks/``.
    formats : iterable of str
        ``html``, ``ipynb``, and of an account ``ics``, its dated plan.
    language : str
        ``en`` or ``zh``; blank for the engagement's own.
    edition : str
        ``internal`` or ``customer``; blank for the one that the notebook is made for.
    jobs : int
        Number of accounts at a time.
    engine : str
        ``fork``, ``kernel``, or blank for the faster one that this system has.
    out : str or Path
        Output folder; blank for ``reports/`` and the name of the engagement file.
    fresh : bool
        Render again what has not changed.
    report : callable
        Called with the summary so far and the number of chosen accounts, after each account.

    Returns
    -------
    RunSummary

    Raises
    ------
    InvalidInput
        A table cannot be used; nothing was rendered.
    KamError
        An unknown account or column, or the output folder cannot be used.
    """
    found, template = load_engagement(engagement), _template(notebook)
    folder = writable(Path(out) if out else Path("reports") / found.path.stem)
    with only_run(folder), closing(start_workers(engine)) as workers:
        tables = read(found)
        scores = score(tables, found)
        batch = _batch(found, template, folder, language=language or found.language, edition=_edition(template, edition))
        batch = replace(batch, formats=tuple(formats), at_once=jobs, fresh=fresh)
        chosen, set_aside, build = whom(batch, found, tables, scores, accounts=list(accounts), where=where or {})
        require_space(folder, len(chosen))
        _publish_scores(scores, folder)
        page = _Page(batch, _facts(found, scores), _listed(tables, scores), chosen)
        page.write()
        total = len(chosen) + len(set_aside)
        summary = run_batch(batch, build, chosen, workers, set_aside=set_aside, report=lambda now: (page.refresh(), report(now, total)))
        summary.doubts = doubts(scores, fewest_compared=found.policy.percentile.minimum_values)
        page.write()
    return summary


def _batch(engagement: Engagement, template: Path, folder: Path, *, language: str, edition: str) -> Batch:
    params = _portable(engagement.path)
    return Batch(
        folder=folder,
        template=template,
        engagement=engagement.name,
        params=params,
        as_of=engagement.as_of.isoformat(),
        ingredients=_ingredients(template, language, edition, params),
        language=language,
        edition=edition,
        subject=next((name for name in SUBJECTS if name in _declared(template)), ""),
    )


class _Page:
    """The list of all workbooks, written again while the run goes on."""

    def __init__(self, batch: Batch, facts: Facts, accounts: pd.DataFrame, expected: list[str]) -> None:
        self.batch, self.facts, self.accounts, self.written = batch, facts, accounts, 0.0
        self.expected = expected if batch.subject == "account_id" else []

    def write(self) -> None:
        """Write the page as the ledger stands."""
        records = read_ledger(self.batch.folder).values()
        write_index(self.batch.folder, self.facts, self.accounts, records, expected=self.expected, language=self.batch.language)
        self.written = time.monotonic()

    def refresh(self) -> None:
        """Write the page unless that was done a moment ago."""
        if time.monotonic() - self.written > INDEX_EVERY_SECONDS:
            self.write()


def _facts(engagement: Engagement, scores: Scores) -> Facts:
    revenue = scores.values["account"]["revenue_amount"]
    return Facts(
        engagement=engagement.name,
        as_of=scores.as_of,
        currency=engagement.currency,
        accounts_count=len(revenue),
        active_count=int((revenue > 0).sum()),
        revenue_amount=float(revenue.sum()),
        synthetic=engagement.synthetic,
    )


def _listed(tables: Tables, scores: Scores) -> pd.DataFrame:
    values = scores.values["account"]
    names = tables["accounts"].set_index("account_id")[["name"]]
    shown = [name for metric in METRICS.values() for name in (metric, f"{metric}_note") if name in values]
    return names.join(values[shown])


@cache
def _template(name: str) -> Path:
    """Return the template's path after making sure that it takes every parameter: an unknown one would only be warned of."""
    path = NOTEBOOKS / f"{name}.ipynb"
    if not path.is_file():
        there = ", ".join(sorted(found.stem for found in NOTEBOOKS.glob("*.ipynb")))
        raise KamError("KAM-R03", "is not a notebook of this project", f"use one of {there}", value=name)
    missing = set(PARAMETERS) - _declared(path)
    if missing:
        raise KamError("KAM-R04", f"has no {', '.join(sorted(missing))} in its parameters cell", "declare it there", file=path.name)
    return path


def _declared(path: Path) -> set[str]:
    cells = [cell for cell in _notebook(path).cells if "parameters" in cell.metadata.get("tags", [])]
    statements = ast.parse(cells[0].source).body if cells else []
    return {statement.target.id for statement in statements if isinstance(statement, ast.AnnAssign)}


def _edition(template: Path, wanted: str) -> str:
    """Return the edition asked for, else the first that the notebook is made for; one that it is not made for is refused."""
    offered = _notebook(template).metadata.get("kamlib", {}).get("editions", ["internal"])
    if wanted and wanted not in offered:
        raise KamError("KAM-R06", f"is made for {' and '.join(offered)}", "choose that edition", value=f"{template.stem}, {wanted}")
    return wanted or offered[0]


def _notebook(path: Path):
    import_jsonschema_quickly()
    import nbformat

    return nbformat.read(path, as_version=4)


def _portable(path: Path) -> str:
    """Name the engagement file as seen from the working directory; by its bare name when it lies elsewhere."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name


def _ingredients(template: Path, language: str, edition: str, params: str) -> dict:
    return {
        "template": sha256(template.read_bytes()).hexdigest(),
        "kamlib": _own_files(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "language": language,
        "edition": edition,
        "params": params,
    }


@cache
def _own_files() -> str:
    """Return one hash over kamlib's code, words, playbook and templates: a changed word is a changed workbook."""
    root = Path(str(files("kamlib")))
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return sha256(b"".join(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() for path in paths)).hexdigest()


def _publish_scores(scores: Scores, folder: Path) -> None:
    staging = folder / STAGING_NAME
    staging.mkdir(mode=0o700, exist_ok=True)
    try:
        write_scores(scores.frame(), staging / "scores.parquet")
    except duckdb.IOException as error:
        fix = "free some space, or choose another folder with --out"
        raise KamError("KAM-S05", f"cannot be written ({error})", fix, file="scores.parquet") from error
    kept = staging / f"scores-{scores.as_of}.parquet"
    shutil.copyfile(staging / "scores.parquet", kept)  # what this run said stays there to be graded
    publish([kept], folder / HISTORY, folder)
    publish([staging / "scores.parquet"], folder, folder)
