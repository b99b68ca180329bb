"""The exported page runs nothing, fetches nothing, and shows foreign text as text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from kamlib.render.html import END_MARK, export_html
from kamlib.show.publish import MIME, payload

D20 = "<script>alert(1)</script>"
D21 = '<img src=x onerror="alert(2)">'
HOSTILE = [pytest.param(D20, id="D20"), pytest.param(D21, id="D21"), pytest.param('"><svg onload=alert(3)>', id="out of an attribute")]
PNG = "iVBORw0KGgo="
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


class Page(HTMLParser):
    """Collect tags with attributes, and the text of each."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)

    def of(self, wanted):
        """Return the attributes of every element of a kind."""
        return [attrs for tag, attrs in self.tags if tag == wanted]


def shown(**data):
    """Return an output of the given MIME types."""
    return new_output("display_data", data=data)


def section(key, title, markup):
    """Return a section as the workbook publishes it."""
    return new_output("display_data", data={MIME: payload("section", key, title=title), "text/html": markup, "text/plain": title})


def exported(*outputs, title="Acme", language="en", markdown=None):
    """Export a notebook with the outputs in one cell."""
    cells = [new_markdown_cell(markdown)] if markdown else []
    cell = new_code_cell("secret_rate = 0.123", outputs=list(outputs), execution_count=1)
    return export_html(new_notebook(cells=[*cells, cell]), title=title, language=language)


def assert_inert(markup):
    """Fail if anything in the page could run, fetch or leave it."""
    page = Page(markup)
    assert {tag for tag, _ in page.tags} & {"script", "iframe", "object", "embed", "link", "svg", "form", "base"} == set()
    assert [name for _, attrs in page.tags for name in attrs if name.startswith("on")] == []
    addresses = [attrs[name] for _, attrs in page.tags for name in ("src", "href", "srcset", "action") if name in attrs]
    assert all(address.startswith(("data:image/", "#")) for address in addresses), addresses
    assert "url(" not in markup and "@import" not in markup and "http" not in markup.replace("http-equiv", "")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_inert_in_every_sink(hostile):
    figure = new_output("display_data", data={MIME: payload("figure", "f", title=hostile), "image/png": PNG, "text/plain": hostile})
    sinks = [
        figure,
        shown(**{"text/html": f"<p>{hostile}</p>"}),
        shown(**{"text/plain": hostile}),
        new_output("stream", name="stdout", text=hostile),
        new_output("error", ename="ValueError", evalue=hostile, traceback=[hostile]),
        section("a", hostile, "<section id='a'></section>"),
    ]
    page = exported(*sinks, title=hostile, markdown=f"# {hostile}")
    assert_inert(page)
    assert Page(page).of("img") == [{"src": f"data:image/png;base64,{PNG}", "alt": hostile}]


def test_hostile_names_stay_readable():
    page = Page(exported(new_output("stream", name="stdout", text=D20), title=D21))
    assert D20 in "".join(page.texts)
    assert D21 in "".join(page.texts)


def test_the_page_forbids_everything_but_its_own_styles_and_pictures():
    page = Page(exported())
    assert page.of("meta")[1] == {"http-equiv": "Content-Security-Policy", "content": POLICY}
    assert_inert(exported())


def test_code_prompts_errors_and_completion_marks_stay_out():
    mark = new_output("display_data", data={MIME: payload("done", "done"), "text/plain": "done 1234"})
    failure = new_output("error", ename="ValueError", evalue="commission 123456.78", traceback=["commission 123456.78"])
    warning = new_output("stream", name="stderr", text="/home/user/engagement")
    page = exported(mark, failure, warning)
    for word in ("secret_rate", "In [", "done 1234", "123456.78", "/home/user"):
        assert word not in page


def test_own_sections_pass_unchanged_and_foreign_html_is_cleaned():
    own = '<section id="a"><details><summary>x</summary><svg width="1"></svg></details></section>'
    page = exported(
        section("a", "One", own), shown(**{"text/html": "<style>p{color:red}</style><b style='x'>kept</b><a href='//x'>gone</a>"})
    )
    assert own in page
    assert '<div class="foreign"><b>kept</b>gone</div>' in page


def test_contents_list_every_section_by_its_title():
    page = Page(exported(section("a", "One & all", "<i></i>"), section("b", "Two", "<i></i>")))
    assert [attrs["href"] for attrs in page.of("a")] == ["#a", "#b"]
    assert "One & all" in page.texts


@pytest.mark.parametrize(("language", "code", "label"), [("en", "en", "Contents"), ("zh", "zh-Hans", "目录")])
def test_the_page_says_its_language(language, code, label):
    page = Page(exported(section("a", "A", "<i></i>"), language=language))
    assert page.of("html") == [{"lang": code}]
    assert page.of("nav") == [{"aria-label": label}]


def test_the_page_is_complete_at_its_end_mark_and_leaves_the_notebook_alone():
    cell = new_code_cell("1", outputs=[shown(**{"text/plain": "x"})], execution_count=1)
    notebook = new_notebook(cells=[cell])
    before = notebook.copy()
    page = export_html(notebook, title="A", language="en")
    assert page.startswith("<!DOCTYPE html>") and page.rstrip().endswith(END_MARK)
    assert notebook == before
    assert notebook.cells[0].outputs[0].metadata == {}


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="language must be en or zh, got 'fr'"):
        exported(language="fr")
