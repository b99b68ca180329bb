"""The method as a handbook: every text of the playbook on one page to print, laid out by handbook.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files

from nbformat import NotebookNode
from ruamel.yaml import YAML

from kamlib.course.lesson import style_sheet
from kamlib.course.page import page_header, published
from kamlib.course.words import say
from kamlib.playbook import playbook
from kamlib.render.html import export_html
from kamlib.show import html, text
from kamlib.show.publish import payload
from kamlib.show.tables import cadence_words

HEADING = 3  # level of a chapter's own parts


def handbook_page(*, language: str) -> str:
    """Return the handbook as one self-contained page.

    Parameters
    ----------
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    str

    Examples
    --------
    >>> "A marketing adviser to the customer, not a salesman." in handbook_page(language="en")
    True
    """
    layout = YAML(typ="safe").load(files(__package__).joinpath("handbook.yaml").read_text(encoding="utf-8"))
    title, lead = layout["title"][language], layout["lead"][language]
    cells = [_section("handbook", "", html.document("handbook", title=title, lead=lead, kicker=say("course", language=language)))]
    for chapter in layout["chapters"]:
        name = chapter["title"][language]
        blocks = [block for part in chapter["parts"] for block in _Blocks(layout["heads"], language).of(part, playbook, HEADING)]
        cells.append(_section(chapter["id"], name, html.document("handbook", key=chapter["id"], chapter=name, blocks=blocks)))
    page = NotebookNode(nbformat=4, nbformat_minor=5, metadata=NotebookNode(), cells=cells)
    return export_html(page, title=title, language=language, style=style_sheet() + page_header(title, say("course", language=language)))


def _section(key: str, title: str, markup: str) -> NotebookNode:
    return published(payload("section", key, title=title), markup)


class _Blocks:
    """Blocks of a chapter: headings, paragraphs, lists and tables, in their order."""

    def __init__(self, heads: dict[str, dict], language: str) -> None:
        self.heads, self.language = heads, language

    def of(self, part: dict, book: Callable[[str], dict | list | None], level: int) -> Iterator[dict]:
        """Yield the blocks of a part of the layout; `book` gives what lies at the first name of its place."""
        first, *further = part["of"].split(".")
        found = book(first)
        for name in further:
            found = found[name]
        if not found:
            return
        if "heading" in part:
            yield {"kind": "heading", "level": level, "words": part["heading"][self.language]}
        entries = _entries(found)
        if "each" not in part:
            yield self._rows(entries, part["columns"])
            return
        for entry in entries:
            below = [*self._says(entry, part["each"].get("says", ()))]
            for inner in part["each"].get("parts", ()):
                below += self.of(inner, entry.get, level + 1 + ("heading" in part))
            if below:
                yield {"kind": "heading", "level": level + ("heading" in part), "words": self._cell(entry, "name")}
                yield from below

    def _says(self, entry: dict, fields: Iterable[str]) -> Iterator[dict]:
        """Yield what an entry says of itself: its first words as they are, the others under their names."""
        found = [(field, self._cell(entry, field)) for field in fields]
        for place, (field, words) in enumerate(found):
            if words:
                yield {"kind": "says", "label": self._head(field) if place else "", "words": words}

    def _rows(self, entries: list[dict], columns: list[str]) -> dict:
        """Return a table without the columns that say nothing; of one column a list, of one cell a sentence."""
        columns = [field for field in columns if any(self._cell(entry, field) for entry in entries)]
        rows = [[self._cell(entry, field) for field in columns] for entry in entries]
        if len(columns) > 1:
            return {"kind": "table", "heads": [self._head(field) for field in columns], "rows": rows}
        items = [words for (words,) in rows if words]
        return {"kind": "list", "items": items} if len(items) > 1 else {"kind": "says", "label": "", "words": items[0]}

    def _head(self, field: str) -> str:
        return self.heads[field.split(".")[-1]][self.language]

    def _cell(self, entry: dict, field: str) -> str:
        if field == "self":
            return text.closed(entry[self.language])
        if field == "rhythm":
            return cadence_words(entry, self.language)
        if field == "person":
            return text.say(f"role_{entry['role']}", language=self.language, group="review")
        if field == "signal":
            return text.metric_name(f"{entry['key']}_signal", language=self.language)
        found = entry
        for name in field.split("."):
            found = found.get(name) or {}
        if field in ("role", "second"):
            return playbook("roles")[found][self.language]
        return text.closed(found.get(self.language, "") if isinstance(found, dict) else str(found))


def _entries(found: dict | list) -> list[dict]:
    """Return the entries of a list, of a mapping by name, or one text alone."""
    if isinstance(found, list):
        return found
    return [found] if isinstance(found.get("en"), str) else [{"key": key, **entry} for key, entry in found.items()]
