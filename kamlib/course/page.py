"""A lesson as a page to print: one header, contents from the headings, no code, lines to write on."""

from __future__ import annotations

import json
import re
from copy import deepcopy

from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from kamlib.course.lesson import style_sheet
from kamlib.course.words import say
from kamlib.render.html import clean, export_html
from kamlib.show.publish import MIME, payload

TITLE, PART = (re.compile(rf"^{marks} +(.+?) *$", flags=re.M) for marks in ("#", "##"))
_LINK = re.compile(r'<a [^>]*href="#([^"]*)"[^>]*>(.*?)</a>', flags=re.S)
_ID = re.compile(r'\bid="([^"]*)"')


def lesson_page(notebook: NotebookNode, *, edition: str, language: str) -> str:
    """Turn an executed lesson into one self-contained page.

    Parameters
    ----------
    notebook : NotebookNode
        With outputs; its first heading is the lesson's title.
    edition : str
        ``participant``, ``solutions`` or ``facilitator``.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    str
    """
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    title = found[1] if (found := TITLE.search(prose)) else ""
    course, whose = say("course", language=language), say(f"edition_{edition}", language=language)
    cells = [_header(course, whose), *(_shown(place, cell) for place, cell in enumerate(notebook.cells))]
    page = NotebookNode(nbformat=4, nbformat_minor=5, metadata=NotebookNode(), cells=cells)
    style = style_sheet() + page_header(f"{course} · {title}", whose)
    return without_dead_links(export_html(page, title=title, language=language, style=style))


def page_header(left: str, right: str) -> str:
    """Return the rule that prints a header on every page.

    Examples
    --------
    >>> page_header('A "key" account', "B")
    '@page { @top-left { content: "A \\\\"key\\\\" account"; } @top-right { content: "B"; } }\\n'
    """
    quoted = (json.dumps(words, ensure_ascii=False).replace("<", "\\3c ") for words in (left, right))
    return "@page {{ @top-left {{ content: {}; }} @top-right {{ content: {}; }} }}\n".format(*quoted)


def without_dead_links(page: str) -> str:
    """Take off every link to a place that the page does not have: receipts stay in the workbook.

    Examples
    --------
    >>> without_dead_links('<h2 id="a">A <a class="x" href="#receipt-a">†</a></h2><a href="#a">to A</a> <a href="#b">4%</a>')
    '<h2 id="a">A</h2><a href="#a">to A</a> 4%'
    """
    known = set(_ID.findall(page))
    freed = _LINK.sub(lambda link: link[0] if link[1] in known else "" if link[2] == "†" else link[2], page)
    return re.sub(r" +(?=</h2>)", "", freed)


def _header(course: str, whose: str) -> NotebookNode:
    markup = Markup('<header class="kam"><p class="kam-kicker"><span>{}</span><span>{}</span></p></header>').format(course, whose)
    return published(payload("section", "header"), str(markup))


def _shown(place: int, cell: NotebookNode) -> NotebookNode:
    """Return prose as a section of ours, so that it has a place to link to; leave the titles of other sections out of the contents."""
    if cell.cell_type == "markdown":
        part = PART.search(cell.source)
        style = "kam kam-prose kam-facilitator" if "facilitator" in cell.metadata.get("tags", []) else "kam kam-prose"
        written = MarkdownWithMath(renderer=IPythonRenderer(escape=False, exclude_anchor_links=True)).render(cell.source)
        markup = Markup('<section class="{}" id="part-{}">{}</section>').format(style, place, clean(written))
        return published(payload("section", f"part-{place}", title=part[1] if part else ""), str(markup))
    shown = deepcopy(cell)
    for output in shown.outputs:
        if MIME in output.get("data", {}):
            output.data[MIME]["title"] = ""
    return shown


def published(content: dict, markup: str) -> NotebookNode:
    """Return a cell whose one output is a section of ours, as an executed notebook holds it.

    Parameters
    ----------
    content : dict
        From `show.publish.payload`.
    markup : str
        Its texts escaped.

    Returns
    -------
    NotebookNode
    """
    data = {MIME: content, "text/html": markup, "text/plain": content["title"]}
    return new_code_cell(outputs=[new_output("display_data", data=data)])
