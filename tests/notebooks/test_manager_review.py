"""The manager's review: its notebook, its pack, and every section in both languages for every manager of the sample."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest
from papermill import inspect_notebook

from kamlib.checks import KamError
from kamlib.data.engagement import load_engagement
from kamlib.data.read import read
from kamlib.packs.build import canonical
from kamlib.packs.manager import ManagerBuilder, ManagerPack, open_manager
from kamlib.render.run import render
from kamlib.scores import score
from kamlib.scores.pay import pay_run
from kamlib.show import manager as review
from kamlib.show import publish

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "notebooks" / "manager_review.ipynb"
SECTIONS = ("first_page", "accounts", "card", "capacity", "pay", "earns_more", "care", "receipts")
IDS = [*(f"manager_{'more' if name == 'earns_more' else name}" for name in SECTIONS[:-1]), "receipts"]
SHARED = ROOT.parent / "shared" / "data" / "adventureworks"


@pytest.fixture(scope="module")
def builder(sample_engagement, sample_tables):
    return ManagerBuilder(sample_engagement, sample_tables, score(sample_tables, sample_engagement))


def opened(data, language="en"):
    return ManagerPack(json.loads(canonical(data)), language=language)


def test_the_notebook_is_clean_and_calls_every_section_once():
    notebook = nbformat.read(PATH, as_version=4)
    nbformat.validate(notebook)
    assert all(cell.outputs == [] and cell.execution_count is None for cell in notebook.cells)
    assert [cell.source for cell in notebook.cells if cell.source.startswith("review.")] == [f"review.{name}(manager)" for name in SECTIONS]
    assert notebook.metadata.kamlib.sections == IDS and notebook.cells[-1].source == "show.done(manager)"
    seen = {name: ast.literal_eval(entry["default"]) for name, entry in inspect_notebook(str(PATH)).items()}
    assert set(seen) == {"engagement", "manager_id", "as_of", "language", "edition", "pack"}


def test_a_pack_holds_one_managers_accounts_and_pay(builder, sample_tables, sample_engagement):
    owner = sample_tables["accounts"].set_index("account_id")["manager_id"]
    paid = {one.person: float(one.total) for one in pay_run(sample_tables, sample_engagement, period="2026Q2").statements}
    hours = 0.0
    for manager_id in builder.manager_ids():
        pack = opened(builder.build(manager_id))
        assert set(pack.accounts["account_id"]) == set(owner.index[owner == manager_id])
        assert pack.pay["period"] == "2026Q2" and pack.pay["total"] == pytest.approx(paid[manager_id])
        hours += pack.capacity["hours"]
        assert {move["name"] for move in pack.capacity["moves"] if move["from_manager"] == manager_id} <= set(pack.accounts["name"])
        others = set(owner.index) - set(owner.index[owner == manager_id]) - {move["account_id"] for move in pack.capacity["moves"]}
        conflicting = {pair[side] for pair in pack.conflicts for side in ("account_id", "other_id")}
        text = canonical(builder.build(manager_id))
        assert not [name for name in others - conflicting if f'"{name}"' in text], "nothing of another manager's accounts"
    assert hours == pytest.approx(pack.capacity["all_hours"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_section_speaks_both_languages(builder, bundles_of, language):
    packs = [opened(builder.build(manager_id), language) for manager_id in builder.manager_ids()]
    bundles = [bundle for pack in packs for bundle in bundles_of(review, SECTIONS, pack)]
    pages = [bundle["text/html"].lower().replace("finan", "") for bundle in bundles if "text/html" in bundle]
    assert pages and not any(mark in page for page in pages for mark in ("{", "nan", "None", "Fraction"))
    assert {bundle[publish.MIME]["id"] for bundle in bundles} == {*IDS, "figure_pay"}


def test_the_page_speaks_of_people_by_name_and_says_nothing_that_is_nothing(builder, bundles_of):
    pages = {}
    for manager_id in builder.manager_ids():
        bundles = bundles_of(review, SECTIONS[:-1], opened(builder.build(manager_id)))
        pages[manager_id] = " ".join(re.sub(r"<[^>]*>", " ", bundle.get("text/html", "")) for bundle in bundles)
    assert "0.40, as before" in pages["M05"] and "0.45 → 0.40" in pages["M05"] and "Lin Zhiyuan" in pages["M05"]
    for page in pages.values():
        assert not re.search(r"\bM0\d\b|\.\.|¥0 more|(\d\.\d\d) → \1", page)
    assert "Suzhou Hengtai Automation Co., Ltd. and Suzhou Heng Tai Automation Ltd." in pages["M05"]


def test_a_receipt_counts_the_managers_own_rows(builder, sample_tables):
    owner = sample_tables["accounts"].set_index("account_id")["manager_id"]
    invoices = sample_tables["invoices"].set_index("invoice_id")["account_id"].astype("str")
    packs = {manager_id: builder.build(manager_id)["rows"] for manager_id in builder.manager_ids()}
    for table in ("orders", "tickets", "surveys"):
        rows = sample_tables[table]["account_id"].astype("str").map(owner).value_counts()
        assert {key: rows.get(key, 0) for key in packs} == {key: found[table] for key, found in packs.items()}
    paid = sample_tables["payments"]["invoice_id"].astype("str").map(invoices).map(owner).value_counts()
    assert {key: paid.get(key, 0) for key in packs} == {key: found["payments"] for key, found in packs.items()}


def test_nobody_and_where_are_refused(tmp_path):
    with pytest.raises(KamError, match="manages no account"):
        open_manager(str(ROOT / "params/sample.yaml"), manager_id="M99")
    for options in ({"where": {"segment": "core"}}, {"formats": ("ics",)}):
        with pytest.raises(KamError, match="KAM-R06|is a manager's|has no calendar"):
            render(ROOT / "params/sample.yaml", notebook="manager_review", out=tmp_path, **options)


def test_the_batch_renders_a_manager_and_lists_it(tmp_path):
    summary = render(ROOT / "params/sample.yaml", notebook="manager_review", accounts=["M05"], jobs=1, out=tmp_path)
    assert [(record.account_id, record.status) for record in summary.records] == [("M05", "done")]
    assert "Manager M05" in (tmp_path / "index.html").read_text(encoding="utf-8")


@pytest.mark.skipif(not SHARED.exists(), reason="AdventureWorks is not there: the reviews of its seventeen sellers are NOT built")
def test_a_seller_of_adventureworks():
    engagement = load_engagement(ROOT / "params/adventureworks.yaml")
    tables = read(engagement)
    built = ManagerBuilder(engagement, tables, score(tables, engagement)).build("276")
    assert built["pay"]["total"] == 15516.58 and built["capacity"]["is_optimal"] and built["manager"]["name"] == "Linda Mitchell"
