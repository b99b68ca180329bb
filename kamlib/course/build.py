"""Building the course: each lesson in one edition and one language, as a notebook to run and as a page to print."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbformat import NotebookNode

from kamlib.checks import KamError
from kamlib.course.client import PROJECT, clients_kept
from kamlib.course.lesson import EDITIONS, LANGUAGES
from kamlib.data.disk import write_whole

NOTEBOOKS = PROJECT / "notebooks" / "course"
ONLY_IN = {"solution": ("solutions", "facilitator"), "facilitator": ("facilitator",)}
CELL_SECONDS = 300
READABLE = 0o644  # handed out


def lesson_notebooks(folder: Path = NOTEBOOKS) -> dict[int, Path]:
    """List the lessons' notebooks by number.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    dict of int to Path

    Examples
    --------
    >>> lesson_notebooks()[1].name
    'lesson_1_key_account.ipynb'
    """
    return {int(path.stem.split("_")[1]): path for path in sorted(folder.glob("lesson_*_*.ipynb"))}


def filtered(notebook: NotebookNode, *, edition: str, language: str) -> NotebookNode:
    """Return a lesson's notebook with the cells of one edition and one language, ready to run.

    Parameters
    ----------
    notebook : NotebookNode
        The source of the lesson.
    edition : str
        ``participant``, ``solutions`` or ``facilitator``.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    NotebookNode
        Without outputs; its parameters say edition and language.

    Examples
    --------
    >>> from nbformat.v4 import new_markdown_cell, new_notebook
    >>> cells = [new_markdown_cell(words, metadata={"tags": tags}) for words, tags in
    ...          [("Goal", ["en"]), ("目标", ["zh"]), ("Notes", ["en", "facilitator"])]]
    >>> [cell.source for cell in filtered(new_notebook(cells=cells), edition="solutions", language="en").cells]
    ['Goal']
    """
    cells = [_kept(cell, edition, language) for cell in notebook.cells if _belongs(cell, edition, language)]
    about = {**notebook.metadata.get("kamlib", {}), "edition": edition, "language": language}
    metadata = {**notebook.metadata, "kamlib": {name: value for name, value in about.items() if name != "editions"}}
    return nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})


def build_lessons(
    out: Path, *, edition: str, language: str, lessons: Iterable[int] = (), formats: Iterable[str] = ("ipynb", "html")
) -> Iterator[Path]:
    """Write the lessons of one edition and language into a folder, and yield each file when it is there.

    Parameters
    ----------
    out : Path
        Each edition and language has a folder of its own in it, such as ``en-participant``.
    edition : str
        ``participant``, ``solutions`` or ``facilitator``.
    language : str
        ``en`` or ``zh``.
    lessons : iterable of int
        Numbers; all if there is none.
    formats : iterable of str
        ``ipynb``, ``html``.

    Yields
    ------
    Path

    Raises
    ------
    KamError
        ``KAM-R08``: no such edition, language or lesson. ``KAM-R09``: a lesson stopped while it was executed.
    """
    from kamlib.course.page import lesson_page

    for value, known, what in ((edition, EDITIONS, "edition"), (language, LANGUAGES, "language")):
        if value not in known:
            raise KamError("KAM-R08", f"is no {what} of the course", f"take one of {', '.join(known)}", value=value)
    folder = Path(out) / f"{language}-{edition}"
    with clients_kept():
        for path in _chosen(lessons):
            notebook = filtered(nbformat.read(path, as_version=4), edition=edition, language=language)
            if "ipynb" in formats:
                yield _written(folder / path.name, nbformat.writes(notebook, indent=1, ensure_ascii=False).rstrip() + "\n")
            if "html" in formats:
                ran = executed(notebook, path.name)
                yield _written(folder / f"{path.stem}.html", lesson_page(ran, edition=edition, language=language))


def build_handbook(out: Path, *, language: str) -> Path:
    """Write the handbook of one language into a folder, and return the file.

    Parameters
    ----------
    out : Path
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    Path
    """
    from kamlib.course.handbook import handbook_page

    return _written(Path(out) / f"handbook_{language}.html", handbook_page(language=language))


def executed(notebook: NotebookNode, name: str) -> NotebookNode:
    """Run a lesson's notebook as the workbooks are run.

    Parameters
    ----------
    notebook : NotebookNode
        As `filtered`.
    name : str
        File name for messages.

    Returns
    -------
    NotebookNode

    Raises
    ------
    KamError
        ``KAM-R09``: a cell failed.
    """
    from kamlib.render import engine, job

    with TemporaryDirectory() as folder:
        template = Path(folder) / name
        nbformat.write(notebook, template)
        order = {"template": str(template), "parameters": {}, "cell_seconds": CELL_SECONDS}
        try:
            return job.executed(order, engine.IN_PROCESS if sys.platform == "linux" else engine.IN_KERNEL)
        except Exception as error:
            why = f"did not run to its end: {job.reason(error, CELL_SECONDS)}"
            raise KamError("KAM-R09", why, "run it in JupyterLab to see the cell", file=name) from error


def _chosen(lessons: Iterable[int]) -> list[Path]:
    known, wanted = lesson_notebooks(), list(lessons)
    if not known:
        raise KamError("KAM-R08", "holds no lesson", "run it where the project's notebooks are", file="notebooks/course")
    missing = [number for number in wanted if number not in known]
    if missing:
        raise KamError("KAM-R08", "is no lesson of the course", f"take one of {', '.join(map(str, known))}", value=str(missing[0]))
    return [known[number] for number in sorted(set(wanted) or known)]


def _belongs(cell: NotebookNode, edition: str, language: str) -> bool:
    tags = cell.metadata.get("tags", [])
    of_edition = all(edition in editions for tag, editions in ONLY_IN.items() if tag in tags)
    return of_edition and not any(tag in tags for tag in LANGUAGES if tag != language)


def _kept(cell: NotebookNode, edition: str, language: str) -> dict:
    kept = {"cell_type": cell.cell_type, "id": cell.id, "metadata": dict(cell.metadata), "source": cell.source}
    if cell.cell_type == "code":
        kept |= {"execution_count": None, "outputs": []}
    if "parameters" in cell.metadata.get("tags", []):
        for name, value in (("language", language), ("edition", edition)):
            kept["source"] = re.sub(rf'^({name}: str = )"\w*"', rf'\g<1>"{value}"', kept["source"], flags=re.M)
    return kept


def _written(path: Path, words: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, words.encode(), mode=READABLE)
    return path
