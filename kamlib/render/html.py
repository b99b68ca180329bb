"""An executed notebook as one HTML file: no code, no script, no request to any host."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path

import nh3
from markupsafe import Markup
from nbconvert import HTMLExporter, TemplateExporter
from nbformat import NotebookNode

from kamlib.show import text, theme
from kamlib.show.publish import MIME

TEMPLATES = files(__package__).joinpath("templates")
END_MARK = "<!-- kam:end -->"
FOREIGN_TAGS = nh3.ALLOWED_TAGS - {"a", "img", "map", "area"}
FOREIGN_ATTRIBUTES = {"*": {"title", "lang"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}, "ol": {"start"}}
PICTURES = ("image/png", "image/jpeg")


def export_html(notebook: NotebookNode, *, title: str, language: str, style: str = "") -> str:
    """Turn an executed notebook into one self-contained page.

    Parameters
    ----------
    notebook : NotebookNode
        With outputs. Those published by `kamlib.show` are taken as they are; other HTML is cleaned,
        other text escaped; code, error output and standard error are left out.
    title : str
        Title of the page; text, not markup.
    language : str
        ``en`` or ``zh``.
    style : str
        Rules added to the page's style sheet; ours, not the notebook's.

    Returns
    -------
    str
        Complete when it ends with `END_MARK`.
    """
    contents_label = text.say("contents", language=language)
    page = NotebookNode(nbformat=4, nbformat_minor=4, metadata=NotebookNode(), cells=[_shown(cell) for cell in notebook.cells])
    report = {
        "title": title,
        "language": {"en": "en", "zh": "zh-Hans"}[language],
        "contents_label": contents_label,
        "contents": list(contents(notebook)),
        "style": theme.style_sheet() + TEMPLATES.joinpath("report", "page.css").read_text(encoding="utf-8") + style,
    }
    body, _ = _exporter().from_notebook_node(page, resources={"report": report})
    return body.strip() + "\n"


def contents(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """Yield id and title of every published section."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            content = output.get("data", {}).get(MIME)
            if content and content["kind"] == "section" and content["title"]:
                yield content["id"], content["title"]


def output_html(output: NotebookNode) -> Markup:
    """Return one output as markup that cannot run or fetch anything.

    Parameters
    ----------
    output : NotebookNode
        One output of a code cell.

    Returns
    -------
    Markup
        Blank for errors, standard error and completion marks.
    """
    if output.output_type == "stream":
        return _preformatted(output.text) if output.name == "stdout" else Markup("")
    data = output.get("data", {})
    published = data.get(MIME)
    if published and published["kind"] == "done":
        return Markup("")
    picture = next((kind for kind in PICTURES if kind in data), None)
    if picture:
        return _figure(data, picture)
    if "text/html" in data:
        return Markup(data["text/html"]) if published else clean(data["text/html"])
    return _preformatted(data["text/plain"]) if data.get("text/plain") else Markup("")


def clean(markup: str) -> Markup:
    """Strip foreign HTML of everything that runs, fetches or restyles.

    Examples
    --------
    >>> clean("<b onclick='x()'>A</b><script>1</script><style>p{}</style>")
    Markup('<div class="foreign"><b>A</b></div>')
    """
    kept = nh3.clean(markup, tags=FOREIGN_TAGS, attributes=FOREIGN_ATTRIBUTES, link_rel=None).strip()
    return Markup(f'<div class="foreign">{kept}</div>') if kept else Markup("")


class _Exporter(HTMLExporter):
    """nbconvert's exporter without its passes over the finished page, which cost more than the page: ours needs none."""

    def from_notebook_node(self, nb: NotebookNode, resources: dict | None = None, **more: object) -> tuple[str, dict]:
        return TemplateExporter.from_notebook_node(self, nb, resources, **more)


@cache
def _exporter() -> HTMLExporter:
    exporter = _Exporter(template_name="report", extra_template_basedirs=[str(Path(str(TEMPLATES)))], default_preprocessors=[])
    exporter.register_filter("clean_report", clean)
    return exporter


def _shown(cell: NotebookNode) -> NotebookNode:
    """Return a cell with nothing but what the page takes from it."""
    shown = NotebookNode(cell_type=cell.cell_type, metadata=NotebookNode(), source=cell.source)
    if cell.cell_type == "code":
        marked_up = (NotebookNode(report_html=output_html(output)) for output in cell.outputs)
        outputs = [NotebookNode(output_type="display_data", data=NotebookNode(), metadata=html) for html in marked_up]
        shown |= {"execution_count": None, "source": "", "outputs": outputs}
    return shown


def _figure(data: NotebookNode, picture: str) -> Markup:
    encoded = "".join(data[picture].split())
    alternative = escape(str(data.get("text/plain", "")), quote=True)
    return Markup(f'<figure><img src="data:{picture};base64,{escape(encoded)}" alt="{alternative}"></figure>')


def _preformatted(words: str) -> Markup:
    return Markup("<pre>{}</pre>").format(words)
