"""Packs: what a notebook may see of one account, and nothing of anybody else."""

import json
import math
from dataclasses import replace
from hashlib import sha256

import pytest

from kamlib.checks import KamError
from kamlib.packs import PackBuilder, canonical, file_stem, open_pack
from kamlib.receipts import is_arithmetic, recompute
from kamlib.scores import score


@pytest.fixture(scope="module")
def builder(sample_engagement, sample_tables):
    return PackBuilder(sample_engagement, sample_tables, score(sample_tables, sample_engagement))


@pytest.mark.parametrize(
    ("account_id", "stem"),
    [
        pytest.param("../../etc/x", "acct_etc-x_56da1a2ef2df", id="a path (D18)"),
        pytest.param("北京科技", "acct_" + sha256("北京科技".encode()).hexdigest()[:12], id="no ASCII letter"),
        pytest.param("CON", "acct_con_" + sha256(b"CON").hexdigest()[:12], id="a reserved name of Windows"),
        pytest.param("x" * 400, "acct_" + "x" * 40 + "_" + sha256(b"x" * 400).hexdigest()[:12], id="long"),
    ],
)
def test_file_stems_are_portable(account_id, stem):
    assert file_stem(account_id) == stem
    assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-") and len(stem) <= 60


def test_D19_file_stems_stay_apart_when_case_and_accents_fold():
    ids = ["A", "a", "café", "cafe\u0301"]
    assert len({file_stem(account_id).casefold() for account_id in ids}) == 4


def test_a_pack_holds_rows_of_its_account_only(builder, sample_tables):
    foreign = set(sample_tables["accounts"]["account_id"]) - {"A001"}
    names = set(sample_tables["accounts"].loc[sample_tables["accounts"]["account_id"] != "A001", "name"])
    contacts = sample_tables["contacts"]
    strangers = set(contacts.loc[contacts["account_id"] != "A001", "contact_id"])
    texts = set(_texts(builder.build("A001")))
    assert texts & {"A001"} and not texts & (foreign | names | strangers)


def test_rows_of_all_packs_together_are_the_tables(builder, sample_tables):
    packs = [builder.build(account_id) for account_id in builder.account_ids()]
    for table in ("orders", "invoices", "payments", "contacts", "tickets", "surveys"):
        assert sum(pack["rows"][table] for pack in packs) == len(sample_tables[table]), table


def test_counts_of_few_accounts_are_hidden(builder):
    pack = builder.build("A001")
    counts = [count for row in pack["position"]["matrix"].values() for count in row.values() if count is not None]
    assert counts and min(counts) >= 5
    assert all(bench["n"] >= 5 for bench in pack["benchmarks"].values())


def test_every_arithmetic_number_follows_from_its_parts(builder):
    checked = 0
    for account_id in builder.account_ids():
        for entry in builder.build(account_id)["scores"]:
            formula = builder.registry[entry["metric"]]["formula"]
            if entry["value"] is None or not entry["parts"] or not is_arithmetic(formula):
                continue
            assert recompute(formula, entry["parts"]) == pytest.approx(entry["value"], rel=1e-6, abs=1e-6), (account_id, entry)
            checked += 1
    assert checked > 600


def test_quarters_add_up_to_the_year(builder):
    pack = builder.build("A011")
    revenue = next(entry["value"] for entry in pack["scores"] if entry["metric"] == "revenue_amount")
    assert math.isclose(sum(quarter["revenue_amount"] for quarter in pack["quarters"][4:]), revenue)
    assert [quarter["label"] for quarter in pack["quarters"]][-1] == "2026 Q2"


def test_canonical_packs_are_the_same_whatever_the_row_order(sample_engagement, sample_tables, builder):
    shuffled = {name: frame.sample(frac=1, random_state=7) if name != "orders" else frame for name, frame in sample_tables.frames.items()}
    tables = replace(sample_tables, frames=shuffled)
    again = PackBuilder(sample_engagement, tables, score(tables, sample_engagement))
    for account_id in ("A001", "A033"):
        before, after = builder.build(account_id), again.build(account_id)
        assert canonical(before["scores"]) == canonical(after["scores"]) and canonical(before["trends"]) == canonical(after["trends"])


def test_open_pack_refuses_a_number_as_an_account():
    with pytest.raises(KamError, match="-r account_id, not -p"):
        open_pack("params/sample.yaml", account_id=29825)


def test_open_pack_names_near_accounts():
    with pytest.raises(KamError, match="is not an account.*A0"):
        open_pack("params/sample.yaml", account_id="A01")


def test_open_pack_reads_the_batch_file_as_it_reads_the_engagement(builder, tmp_path):
    path = tmp_path / "pack.json"
    path.write_text(canonical(builder.build("A005")), encoding="utf-8")
    from_file, from_engagement = (
        open_pack(account_id="A005", pack=str(path), language="zh"),
        open_pack("params/sample.yaml", account_id="A005"),
    )
    assert from_file.data == from_engagement.data
    assert (from_file.language, from_engagement.language) == ("zh", "en")
    assert from_file.score("revenue_amount").value > 0
    assert from_file.trend("revenue_amount")[-1][1] == pytest.approx(from_file.score("revenue_amount").value)


def _texts(node):
    if isinstance(node, dict):
        for child in node.values():
            yield from _texts(child)
    elif isinstance(node, list):
        for child in node:
            yield from _texts(child)
    elif isinstance(node, str):
        yield node


def test_packs_are_finite_json(builder):
    text = canonical(builder.build("A015"))
    assert json.loads(text)["account_id"] == "A015" and "NaN" not in text
