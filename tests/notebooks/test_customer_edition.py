"""The customer's edition: one notebook, nothing internal in it, people under pseudonyms that stay the same."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib import show
from kamlib.data.plan import Plan
from kamlib.packs import Pack, PackBuilder, canonical
from kamlib.packs.customer import customer_pack
from kamlib.packs.value_report import ValueReportBuilder
from kamlib.render.run import render
from kamlib.scores import score
from kamlib.show import publish, theme
from kamlib.stakeholders import pseudonyms

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = json.loads((ROOT / "notebooks/account_workbook.ipynb").read_text(encoding="utf-8"))["metadata"]["kamlib"]["sections"]
CALLS = [name if name != "how_firm" else "sensitivity" for name in SECTIONS]
SHOWN = {"first_page", "revenue_quarters", "buying", "stakeholders", "receipts"}
MARK = "MARKER7Q"
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


def bundles_of(pack, monkeypatch):
    bundles = []
    monkeypatch.setattr(publish, "display", lambda bundle, raw: bundles.append(bundle))
    monkeypatch.setattr(theme, "display", lambda bundle, raw: None)
    theme.use_style()
    for name in CALLS:
        getattr(show, name)(pack)
    return bundles


def planted(tables):
    """Put the marker into every free text that the customer may not read: tables and plans."""
    frames = {}
    for name, frame in tables.frames.items():
        frame = frame.copy()
        for column in frame.columns.difference(sorted(KEYS | CHOSEN | SEEN.get(name, set()))):
            if isinstance(frame[column].dtype, pd.CategoricalDtype) or pd.api.types.is_string_dtype(frame[column]):
                frame[column] = frame[column].astype("str").mask(frame[column].notna(), f"{MARK} {column}")
        frames[name] = frame
    plans = {}
    for account, plan in tables.plans.items():
        data = json.loads(plan.model_dump_json(by_alias=True))
        for group in ("needs", "beliefs", "risks", "actions"):
            for entry in data[group]:
                for key in entry.keys() & {"stated", "hidden", "evidence", "text", "counter_move"}:
                    entry[key] = entry[key] and f"{MARK} {entry[key]}"
        for goal in data["objectives"]:
            goal["measure"] = MARK
            goal["text"] = goal["text"] if goal["agreed_by_customer"] else f"{MARK} {goal['text']}"
        plans[account] = Plan.model_validate(data)
    return replace(tables, frames=frames, plans=plans)


@pytest.mark.parametrize("account_id", ["A001", "A008", "A019", "A026"])
def test_nothing_internal_reaches_the_customers_edition(sample_engagement, sample_tables, builders, monkeypatch, account_id):
    tables = planted(sample_tables)
    marked = PackBuilder(sample_engagement, tables, builders[0].scores), ValueReportBuilder(sample_engagement, tables, builders[0].scores)
    assert MARK in canonical(marked[0].build(account_id)), "the marks are there to be found in the internal pack"
    pack = opened(marked, account_id)
    shown = json.dumps(bundles_of(pack, monkeypatch), ensure_ascii=False, default=str)
    assert MARK not in canonical(pack.data) and MARK not in shown
    names = {entry["name"] for entry in builders[0].build(account_id)["people"]}
    assert names and not [name for name in names if name in shown], "no name of a contact"
    for word in ("margin", "loss risk", "segment", "tier", "stage", "whitespace", "below cost"):
        text = " ".join(re.sub(r"<[^>]*>", " ", bundle.get("text/html", "")) for bundle in bundles_of(pack, monkeypatch)).lower()
        assert word not in text, word


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_section_publishes_and_only_the_customers_own_are_seen(builders, monkeypatch, language):
    for account_id in builders[0].account_ids():
        bundles = [bundle for bundle in bundles_of(opened(builders, account_id, language), monkeypatch) if "text/html" in bundle]
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


def test_the_policy_keeps_names_out_of_the_internal_edition_too(sample_engagement, sample_tables, monkeypatch):
    always = sample_engagement.overridden({"privacy.pseudonyms": "always"})
    builder = PackBuilder(always, sample_tables, score(sample_tables, always))
    data = builder.build("A001")
    assert {entry["name"] for entry in data["people"]} == {None}
    shown = json.dumps(bundles_of(Pack(json.loads(canonical(data))), monkeypatch), ensure_ascii=False, default=str)
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
