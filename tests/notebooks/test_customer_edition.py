"""The customer's edition: one notebook, nothing internal in it, people under pseudonyms that stay the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib import show
from kamlib.packs import Pack, PackBuilder, canonical
from kamlib.packs.customer import customer_pack
from kamlib.packs.value_report import ValueReportBuilder
from kamlib.render.run import render
from kamlib.scores import score
from kamlib.show import publish
from kamlib.stakeholders import pseudonyms
from tests.notebooks.planting import MARK, planted

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = json.loads((ROOT / "notebooks/account_workbook.ipynb").read_text(encoding="utf-8"))["metadata"]["kamlib"]["sections"]
CALLS = [name if name != "how_firm" else "sensitivity" for name in SECTIONS]
INTERNAL = ("margin", "loss risk", "segment", "tier", "stage", "whitespace", "below cost")
SHOWN = {"first_page", "revenue_quarters", "buying", "stakeholders", "receipts"}
SEEN = {
    "accounts": {"account_id", "name", "manager_id", "parent_id"},
    "managers": {"manager_id", "name"},
    "outcomes": {"measure", "unit", "period", "better"},
}
KEYS = {
    "account_id",
    "manager_id",
    "contact_id",
    "order_id",
    "invoice_id",
    "payment_id",
    "ticket_id",
    "period",
    "month",
    "currency",
    "product_line",
}
CHOSEN = {"kind", "role", "status", "channel", "level", "scope", "metric", "question", "item", "purchasing_mode", "outlook", "style"}


@pytest.fixture(scope="module")
def builders(sample_engagement, sample_tables):
    scores = score(sample_tables, sample_engagement)
    return PackBuilder(sample_engagement, sample_tables, scores), ValueReportBuilder(sample_engagement, sample_tables, scores)


def opened(builders, account_id, language="en"):
    internal, report = builders
    data = customer_pack(internal.build(account_id), report.build(account_id))
    return Pack(json.loads(canonical(data)), language=language, edition="customer")


@pytest.mark.parametrize("account_id", ["A001", "A008", "A019", "A026"])
def test_nothing_internal_reaches_the_customers_edition(sample_engagement, sample_tables, builders, bundles_of, account_id):
    tables = planted(sample_tables, SEEN, kept=KEYS | CHOSEN, with_numbers=False)
    marked = PackBuilder(sample_engagement, tables, builders[0].scores), ValueReportBuilder(sample_engagement, tables, builders[0].scores)
    assert MARK in canonical(marked[0].build(account_id)), "the marks are there to be found in the internal pack"
    pack = opened(marked, account_id)
    bundles = bundles_of(show, CALLS, pack)
    shown = json.dumps(bundles, ensure_ascii=False, default=str)
    assert MARK not in canonical(pack.data) and MARK not in shown
    names = {entry["name"] for entry in builders[0].build(account_id)["people"]}
    assert names and not [name for name in names if name in shown], "no name of a contact"
    text = " ".join(re.sub(r"<[^>]*>", " ", bundle.get("text/html", "")) for bundle in bundles).lower()
    assert not [word for word in INTERNAL if word in text]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_section_publishes_and_only_the_customers_own_are_seen(builders, bundles_of, language):
    for account_id in builders[0].account_ids():
        bundles = [bundle for bundle in bundles_of(show, CALLS, opened(builders, account_id, language)) if "text/html" in bundle]
        assert [bundle[publish.MIME]["id"] for bundle in bundles] == SECTIONS
        seen = {bundle[publish.MIME]["id"] for bundle in bundles if bundle["text/html"]}
        assert seen == SHOWN
        pages = " ".join(re.sub(r"<[^>]*>", " ", bundle["text/html"]) for bundle in bundles)
        assert not re.search(r"\bnan\b|\bNone\b|[{}]", pages)


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("AB"), st.sampled_from(["user", "finance"])), unique_by=lambda row: row[0]
    )
)
def test_F82_numbers_run_by_id_within_account_and_role_whatever_the_order(rows):
    contacts = pd.DataFrame(rows, columns=["contact_id", "account_id", "role"]).astype("str")
    found = pseudonyms(contacts)
    for contact, account, role in rows:
        assert found[contact] == 1 + sum(other < contact for other, *home in rows if home == [account, role])
    assert pseudonyms(contacts.iloc[::-1]).sort_index().equals(found.sort_index())


def test_the_policy_keeps_names_out_of_the_internal_edition_too(sample_engagement, sample_tables, bundles_of):
    always = sample_engagement.overridden({"privacy.pseudonyms": "always"})
    builder = PackBuilder(always, sample_tables, score(sample_tables, always))
    data = builder.build("A001")
    assert {entry["name"] for entry in data["people"]} == {None}
    shown = json.dumps(bundles_of(show, CALLS, Pack(json.loads(canonical(data)))), ensure_ascii=False, default=str)
    assert "procurement 1" in shown.lower()


def test_the_batch_renders_both_editions_side_by_side(tmp_path):
    for edition in ("internal", "customer"):
        summary = render(ROOT / "params/sample.yaml", accounts=["A001"], edition=edition, jobs=1, out=tmp_path)
        assert [record.status for record in summary.records] == ["done"]
    assert "for the customer open" in (tmp_path / "index.html").read_text(encoding="utf-8")
    pages = {path.parent.name: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.html") if path.name != "index.html"}
    assert pages.keys() == {"en-internal", "en-customer"}
    for page in pages.values():
        assert all(f'id="{anchor}"' in page for anchor in re.findall(r'href="#([^"]+)"', page)), "every link leads somewhere"
