"""Every section publishes what it shows, in both languages, for rich and poor packs alike."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from matplotlib import rcParams

from kamlib import show
from kamlib.show import figures, publish, tables, text, theme

SECTIONS = (
    *("first_page", "warning", "position", "qualification", "revenue_quarters", "whitespace", "kpi_table", "lifecycle"),
    *("stage_ladder", "stakeholders", "needs"),
    *("worth", "data_quality", "receipts"),
)
EVERY = pytest.mark.parametrize(("name", "language"), [(name, language) for name in ("rich", "poor", "empty") for language in ("en", "zh")])
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)"> $x_1$ {name}'


def run_all(pack):
    """Publish the whole workbook."""
    show.use_style()
    for section in SECTIONS:
        getattr(show, section)(pack)
    show.done(pack)


class Elements(HTMLParser):
    """Collect tags, ids, receipts and visible text."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.ids, self.receipts, self.texts = [], [], [], []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append((tag, found))
        self.ids += [found["id"]] if "id" in found else []
        self.receipts += [found["data-receipt"]] if "data-receipt" in found else []

    def handle_data(self, data):
        self.texts.append(data)


def elements(bundles):
    """Parse all published markup."""
    return Elements("".join(bundle["text/html"] for bundle in bundles if publish.MIME in bundle and "text/html" in bundle))


@EVERY
def test_every_section_publishes_page_data_and_plain_text(make_pack, published, name, language):
    run_all(make_pack(name, language))
    contents = [bundle[publish.MIME] for bundle in published if publish.MIME in bundle]
    assert [content["id"] for content in contents if content["kind"] == "section"] == list(SECTIONS)
    assert contents[-1]["kind"] == "done"
    for bundle in published[1:]:
        publish.canonical(bundle[publish.MIME])
        assert bundle["text/plain"]


@EVERY
def test_nothing_undefined_reaches_the_reader(make_pack, published, name, language):
    run_all(make_pack(name, language))
    shown = " ".join(elements(published).texts)
    assert re.findall(r"\b(?:nan|NaN|None|inf|NaT)\b", shown) == []


@EVERY
def test_every_number_points_at_a_receipt_that_is_there(make_pack, published, name, language):
    run_all(make_pack(name, language))
    found = elements(published)
    portfolio_only = {"new_customer_rate", "retention_rate"}
    assert {f"receipt-{metric}" for metric in set(found.receipts) - portfolio_only} <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))


def test_chinese_pages_are_chinese(make_pack, published):
    pack = make_pack("poor", "zh")
    for section in SECTIONS[:-1]:
        getattr(show, section)(pack)
    words = set(re.findall(r"[A-Za-z_]{4,}", " ".join(elements(published).texts)))
    columns = {"cost", "orders", "invoices", "forecasts", "surveys", "accounts", "annual_wallet", "promised_on"}
    assert words <= columns | {"WAPE"}


def test_a_figure_carries_its_data_and_its_words(make_pack, published):
    show.use_style()
    show.revenue_quarters(make_pack())
    figure = published[-1]
    assert figure["image/png"].startswith(b"\x89PNG")
    assert [row[1] for row in figure[publish.MIME]["rows"]][-1] == 3.445e6
    assert "2026 Q2 ¥3.44\u00a0m" in figure["text/plain"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_without_revenue_there_is_one_line_and_no_figure(make_pack, published, language):
    show.revenue_quarters(make_pack("empty", language))
    assert len(published) == 1
    assert text.say("no_quarters", language=language) in published[0]["text/html"]


def test_the_same_figure_is_the_same_to_the_byte(make_pack, published):
    show.use_style()
    for _ in range(2):
        show.revenue_quarters(make_pack("rich", "zh"))
    first, second = [bundle["image/png"] for bundle in published if "image/png" in bundle]
    assert first == second


def test_foreign_text_is_escaped_at_the_source(make_pack, published):
    run_all(make_pack(account_name=HOSTILE))
    found = elements(published)
    assert {tag for tag, _ in found.tags} & {"script", "img", "iframe", "object", "link", "style"} == set()
    assert [attrs for _, attrs in found.tags if any(key.startswith("on") for key in attrs)] == []
    assert any(HOSTILE in words for words in found.texts)


def test_foreign_text_in_a_figure_is_neither_mathematics_nor_a_missing_glyph(make_pack):
    theme.register_fonts()
    rcParams.update(theme.STYLE)
    pack = make_pack()
    pack.data["quarters"][3]["label"] = "Q$^{\\frac{1}{2}}$ 喆😀"
    import pandas as pd

    from kamlib.show.sections import quarters_png

    assert quarters_png(pack, pd.DataFrame(pack.quarters)).startswith(b"\x89PNG")
    assert figures.drawable("$a$😀") == "\\$a\\$□"


def test_negative_quarters_keep_their_labels_inside_the_panel():
    import pandas as pd

    rcParams.update(theme.STYLE)
    theme.register_fonts()
    quarters = pd.DataFrame({"label": ["2025 Q1", "2025 Q2", "2025 Q3", "2025 Q4"], "revenue_amount": [100.0, -40.0, None, 20.0]})
    ax = figures.plot_revenue(quarters, heading="Revenue", scale=1.0, places=0, spans=["one year"], language="en")
    ax.figure.canvas.draw()
    frame = ax.figure.bbox
    for words in ax.texts:
        box = words.get_window_extent()
        assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1, words.get_text()


def test_done_sums_up_what_was_published(make_pack, published):
    run_all(make_pack())
    run_all(make_pack())
    marks = [bundle[publish.MIME]["rows"][0] for bundle in published if publish.MIME in bundle and bundle[publish.MIME]["kind"] == "done"]
    assert marks[0] == marks[1]
    assert marks[0][:2] == ["A001", 15]
    changed = make_pack()
    changed.data["quarters"][0]["revenue_amount"] = 1.0
    run_all(changed)
    assert published[-1][publish.MIME]["rows"][0][2] != marks[0][2]


def test_the_ladder_marks_one_stage_and_keeps_the_lines_of_earlier_ones(make_pack):
    steps, lines = tables.ladder(make_pack()), tables.touches(make_pack())
    assert [step["own"] for step in steps] == [False, False, True, False]
    assert steps[3]["months"] == "from month 36"
    actions = " ".join(action for action, _, _ in lines)
    assert "value report" in actions and "kickoff" not in actions
    assert tables.touches(make_pack("empty")) == []


def test_cells_of_fewer_than_five_accounts_show_no_number(make_pack, published):
    show.position(make_pack())
    markup = published[0]["text/html"]
    assert re.findall(r'kam-count">([^<]*)<', markup) == ["–", "–", "–", "7 accounts", "11 accounts", "–", "–", "14 accounts", "9 accounts"]
    assert markup.count("This account") == 1
    assert markup.count("kam-own") == 1


def test_a_payload_is_finite_short_and_of_a_known_kind():
    content = publish.payload("table", "t", rows=[[1 / 3, float("inf"), None, True, "x"]])
    assert content["rows"] == [[0.3333333333, None, None, True, "x"]]
    with pytest.raises(ValueError, match="kind must be number, table, figure, section or done, got 'chart'"):
        publish.payload("chart", "x")


def test_columns_of_zeros_become_one_sentence(make_pack, published):
    show.data_quality(make_pack())
    words = Elements(published[0]["text/html"]).texts
    assert "Refused" in words and "Filtered" not in words
    assert "No rows: Filtered, Later than the date." in words
