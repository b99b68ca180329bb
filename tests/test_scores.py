"""Scores: every level from the same functions, recomputed here from the raw files in plain Python."""

import csv
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from kamlib.data.engagement import load_engagement
from kamlib.data.read import read
from kamlib.playbook import playbook
from kamlib.scores import LEVELS, score, trends

SAMPLE = Path(__file__).resolve().parents[1] / "params/sample"
DESIGN_IDS = {
    "revenue_amount",
    "revenue_prior_amount",
    "quantity_count",
    "margin_rate",
    "growth_rate",
    "receivables_turnover_ratio",
    "dso_days",
    "dso_countback_days",
    "overdue_share",
    "forecast_accuracy_rate",
    "forecast_bias_rate",
    "satisfaction_score",
    "nps_score",
    "wallet_share",
    "on_time_rate",
    "order_accuracy_rate",
    "perfect_order_rate",
    "abc_class",
    "tier",
    "stars_count",
    "value_class",
    "potential_score",
    "potential_class",
    "segment",
    "tenure_months",
    "lifecycle_stage",
}
PORTFOLIO_IDS = {
    "new_customer_rate",
    "retention_rate",
    "gross_retention_rate",
    "net_retention_rate",
    "gini_ratio",
    "hhi_ratio",
    "effective_accounts_count",
    "top10_revenue_share",
    "top20_revenue_share",
    "accounts_for_80_count",
}


@pytest.fixture(scope="module")
def scores(sample_engagement, sample_tables):
    return score(sample_tables, sample_engagement)


def year_revenue():
    """Return account and its revenue in the twelve months up to 30 June 2026, to the cent, straight from the file."""
    sums = defaultdict(Decimal)
    with (SAMPLE / "orders.csv").open(encoding="utf-8-sig", newline="") as lines:
        for line in csv.DictReader(lines):
            if "2025-07-01" <= line["order_date"] <= "2026-06-30" and line["currency"] == "CNY":
                sums[line["account_id"]] += Decimal(line["net_revenue"])
    return sums


def test_revenue_is_what_the_file_holds(scores):
    revenue = scores.values["account"]["revenue_amount"]
    paid_in_other_money = {"A033"}
    expected = {key: total for key, total in year_revenue().items() if key not in paid_in_other_money}
    assert len(expected) > 45
    for account_id, total in expected.items():
        assert round(Decimal(revenue[account_id]), 2) == total, account_id


def test_portfolio_and_managers_add_up_to_the_accounts(scores):
    accounts = scores.values["account"]
    for metric in ("revenue_amount", "revenue_prior_amount", "margin_amount", "open_balance_amount", "due_lines_count"):
        total = accounts[metric].sum()
        assert scores.values["portfolio"].at["portfolio", metric] == pytest.approx(total, rel=1e-12)
        assert scores.values["manager"][metric].sum() == pytest.approx(total, rel=1e-12)


def test_portfolio_ratios_come_from_summed_parts(scores):
    accounts, portfolio = scores.values["account"], scores.values["portfolio"].loc["portfolio"]
    assert portfolio["margin_rate"] == pytest.approx(accounts["margin_amount"].sum() / accounts["costed_revenue_amount"].sum())
    assert portfolio["on_time_rate"] == pytest.approx(accounts["on_time_lines_count"].sum() / accounts["due_lines_count"].sum())
    assert portfolio["margin_rate"] != pytest.approx(accounts["margin_rate"].mean(), rel=1e-3)


def test_a_manager_of_one_account_scores_as_the_account(sample_engagement, sample_tables):
    alone = sample_tables["accounts"]["manager_id"].mask(sample_tables["accounts"]["account_id"] == "A022", "ALONE")
    tables = replace(sample_tables, frames=sample_tables.frames | {"accounts": sample_tables["accounts"].assign(manager_id=alone)})
    found = score(tables, sample_engagement)
    for metric in (
        "revenue_amount",
        "margin_rate",
        "growth_rate",
        "dso_days",
        "forecast_accuracy_rate",
        "satisfaction_score",
        "on_time_rate",
    ):
        account, manager = found.values["account"].at["A022", metric], found.values["manager"].at["ALONE", metric]
        assert manager == pytest.approx(account, nan_ok=True), metric


def test_F79_a_group_is_measured_on_its_members_rows(scores, sample_tables):
    accounts = scores.values["account"]
    parents = sample_tables["accounts"].set_index("account_id")["parent_id"].dropna()
    groups = scores.values["group"]
    assert set(groups.index) == set(parents) and len(groups) >= 1
    for root, group in groups.iterrows():
        members = accounts.loc[[root, *parents.index[parents == root]]]
        assert group["revenue_amount"] == pytest.approx(members["revenue_amount"].sum())
        assert group["margin_rate"] == pytest.approx(members["margin_amount"].sum() / members["costed_revenue_amount"].sum())
        assert group["on_time_rate"] == pytest.approx(members["on_time_lines_count"].sum() / members["due_lines_count"].sum())


def test_F17_concentration_counts_a_group_as_one_and_accounts_beside_it(scores, sample_tables):
    portfolio = scores.values["portfolio"].loc["portfolio"]
    revenue = scores.values["account"]["revenue_amount"].clip(lower=0)
    root = sample_tables["accounts"].set_index("account_id")["parent_id"]
    pooled = revenue.groupby(root.fillna(pd.Series(root.index, index=root.index))).sum()
    for metric, amounts in (("hhi_ratio", pooled), ("single_hhi_ratio", revenue)):
        assert portfolio[metric] == pytest.approx(((amounts / amounts.sum()) ** 2).sum())
    assert portfolio["hhi_ratio"] > portfolio["single_hhi_ratio"]


def test_cards_care_and_rhythm_are_measured(scores):
    accounts, managers = scores.values["account"], scores.values["manager"]
    assert managers["scorecard_score"].between(0, 120).sum() >= 6
    assert accounts["cadence_compliance_rate"].between(0, 1).sum() > 40
    assert accounts["answered_24h_rate"].between(0, 1).sum() > 30
    assert (accounts["order_gap_p90_days"] >= accounts["order_gap_median_days"]).sum() > 30


def test_frame_has_every_metric_of_every_id(scores):
    frame = scores.frame()
    registry = playbook("metrics")
    assert list(frame.columns) == ["level", "id", "metric", "value", "text", "unit", "coverage", "note"]
    assert not frame.duplicated(["level", "id", "metric"]).any()
    for level in LEVELS:
        expected = [name for name, entry in registry.items() if level in entry["level"]]
        part = frame[frame["level"] == level]
        assert set(part["metric"]) == set(expected)
        assert len(part) == len(expected) * scores.values[level].shape[0]
    assert set(frame.loc[frame["level"] == "account", "metric"]) >= DESIGN_IDS
    assert set(frame.loc[frame["level"] == "portfolio", "metric"]) >= PORTFOLIO_IDS


def test_every_blank_says_why(scores):
    frame = scores.frame()
    silent = frame[frame["value"].isna() & frame["text"].isna() & frame["note"].isna()]
    assert silent.empty, silent[["level", "id", "metric"]].head()


def test_no_number_is_infinite(scores):
    assert not scores.frame()["value"].isin([float("inf"), float("-inf")]).any()


def test_F3_a_table_that_is_not_there_is_named(sample_engagement, sample_tables):
    frames = {name: frame for name, frame in sample_tables.frames.items() if name not in ("surveys", "invoices", "payments")}
    found = score(replace(sample_tables, frames=frames), sample_engagement).values["account"]
    assert set(found["satisfaction_score_note"]) == {"no_table:surveys"}
    assert set(found["dso_days_note"]) == {"no_table:invoices"}
    assert found["satisfaction_score"].isna().all()


def test_a_column_that_is_not_mapped_is_named(sample_engagement, sample_tables):
    mapped = sample_tables.mapped | {"orders": sample_tables.mapped["orders"] - {"cost"}}
    frames = sample_tables.frames | {"orders": sample_tables["orders"].assign(cost=float("nan"))}
    found = score(replace(sample_tables, frames=frames, mapped=mapped), sample_engagement).values["account"]
    assert set(found["margin_rate_note"]) == {"no_column:orders.cost"}


def test_F40_the_last_trend_point_is_today_and_the_first_is_that_day(sample_engagement, sample_tables, scores):
    points = trends(sample_tables, sample_engagement.policy, as_of=sample_engagement.as_of)
    assert [day.isoformat() for day in points][0] == "2024-09-30" and len(points) == 8
    metrics = ["revenue_amount", "margin_rate", "dso_days", "satisfaction_score", "on_time_rate"]
    pd.testing.assert_frame_equal(points[date(2026, 6, 30)][metrics], scores.values["account"][metrics])
    then = score(sample_tables, sample_engagement, as_of=date(2025, 6, 30)).values["account"]
    pd.testing.assert_frame_equal(points[date(2025, 6, 30)][metrics], then[metrics])


def test_F2_later_rows_and_cells_do_not_change_the_past(sample_engagement, sample_tables):
    day = date(2025, 3, 31)
    later = pd.Timestamp("2025-04-01")
    orders = sample_tables["orders"]
    changed = orders.assign(
        net_revenue=orders["net_revenue"].where(orders["order_date"] < later, orders["net_revenue"] * 7),
        delivered_on=orders["delivered_on"].where(orders["delivered_on"] < later, pd.Timestamp("2026-06-30")),
    )
    payments = sample_tables["payments"]
    paid = payments.assign(amount=payments["amount"].where(payments["paid_on"] < later, 1.0))
    accounts = sample_tables["accounts"].assign(annual_wallet=1.0)
    future = replace(sample_tables, frames=sample_tables.frames | {"orders": changed, "payments": paid, "accounts": accounts})
    before = trends(sample_tables, sample_engagement.policy, as_of=sample_engagement.as_of)[day]
    after = trends(future, sample_engagement.policy, as_of=sample_engagement.as_of)[day]
    pd.testing.assert_frame_equal(before, after)


def test_trends_refuse_an_unknown_level(sample_engagement, sample_tables):
    with pytest.raises(ValueError, match="level must be one of account, group, manager, portfolio, got 'team'"):
        trends(sample_tables, sample_engagement.policy, as_of=sample_engagement.as_of, level="team")


def test_without_parents_there_is_no_group_and_accounts_concentrate_as_before(sample_engagement, sample_tables, scores):
    accounts = sample_tables["accounts"]
    alone = accounts.assign(parent_id=accounts["parent_id"].where(accounts["parent_id"].isna()))
    found = score(replace(sample_tables, frames=sample_tables.frames | {"accounts": alone}), sample_engagement)
    assert found.values["group"].empty and (found.frame()["level"] != "group").all()
    assert found.values["portfolio"].at["portfolio", "hhi_ratio"] == scores.values["portfolio"].at["portfolio", "single_hhi_ratio"]


def test_F12_of_one_account_the_portfolio_measures_say_so_whatever_is_supplied(sample_engagement, sample_tables, scores):
    pooled = [name for name, entry in playbook("metrics").items() if "per_account" in entry]
    frames = {name: frame for name, frame in sample_tables.frames.items() if name != "market"}
    for found in (scores, score(replace(sample_tables, frames=frames), sample_engagement)):
        rows = found.frame().query("level == 'account' and metric in @pooled")
        assert len(rows) == len(pooled) * len(found.values["account"]) and rows["value"].isna().all()
        assert set(rows["note"]) == {"portfolio_measure"}
    assert scores.values["manager"]["market_share"].sum() == pytest.approx(scores.values["portfolio"].at["portfolio", "market_share"])
    assert scores.values["group"]["market_share"].between(0, 1).all()


def wallets_known(day):
    """Return account and the latest wallet up to a day, straight from the file."""
    with (SAMPLE / "wallets.csv").open(encoding="utf-8", newline="") as lines:
        return {row["account_id"]: float(row["annual_wallet"]) for row in csv.DictReader(lines) if row["date"] <= day}


@pytest.mark.parametrize("day", ["2024-12-31", "2025-06-30", "2026-06-30"])
def test_F49_wallet_share_stands_on_the_wallet_of_its_day(sample_engagement, sample_tables, day):
    found = trends(sample_tables, sample_engagement.policy, as_of=sample_engagement.as_of)[date.fromisoformat(day)]
    wallets = pd.Series(wallets_known(day))
    if day == "2026-06-30":  # the newest account has no estimate yet: its own undated wallet stands in, today only
        wallets["A046"] = sample_tables["accounts"].set_index("account_id").at["A046", "annual_wallet"]
    share = (found["revenue_amount"] / wallets.reindex(found.index)).where(found["revenue_amount"] >= 0)
    assert share.notna().sum() > 40
    pd.testing.assert_series_equal(found["wallet_share"], share, check_names=False)


def test_F49_a_later_wallet_changes_no_past_and_the_accounts_own_stands_in_today_only(sample_engagement, sample_tables, scores):
    wallets, as_of = sample_tables["wallets"], sample_engagement.as_of
    early = wallets[wallets["date"] < "2025-07-01"]
    found = score(replace(sample_tables, frames=sample_tables.frames | {"wallets": early}), sample_engagement, as_of=date(2025, 6, 30))
    then = score(sample_tables, sample_engagement, as_of=date(2025, 6, 30))
    for level in LEVELS:
        pd.testing.assert_frame_equal(found.values[level], then.values[level])
    frames = {name: frame for name, frame in sample_tables.frames.items() if name != "wallets"}
    own = replace(sample_tables, frames=frames)
    today = score(own, sample_engagement).values["account"]["wallet_share"]
    pd.testing.assert_series_equal(today, scores.values["account"]["wallet_share"])  # the last estimate is the one in accounts
    past = trends(own, sample_engagement.policy, as_of=as_of)[date(2025, 6, 30)]
    assert "wallet_share" not in past


def test_F49_dated_wallets_are_enough(sample_engagement, sample_tables, scores):
    mapped = sample_tables.mapped | {"accounts": sample_tables.mapped["accounts"] - {"annual_wallet"}}
    accounts = sample_tables["accounts"].assign(annual_wallet=float("nan"))
    found = score(replace(sample_tables, frames=sample_tables.frames | {"accounts": accounts}, mapped=mapped), sample_engagement)
    columns = ["wallet_share", "headroom_score", "potential_score", "segment", "wallet_gain_share"]
    dated = list(wallets_known("2026-06-30"))
    assert len(dated) > 40
    pd.testing.assert_frame_equal(found.values["account"].loc[dated, columns], scores.values["account"].loc[dated, columns])
    blank = found.values["account"]["wallet_share_note"][found.values["account"]["wallet_share"].isna()]
    assert set(blank) <= {"no_rows", "base_not_positive"} and len(blank) > 3
    frames = {name: frame for name, frame in sample_tables.frames.items() if name != "wallets"} | {"accounts": accounts}
    neither = score(replace(sample_tables, frames=frames, mapped=mapped), sample_engagement)
    assert set(neither.values["account"]["wallet_share_note"]) == {"no_column:accounts.annual_wallet"}


ENGAGEMENT = """schema: 1
name: Wallets by date
as_of: 2026-06-30
currency: CNY
tables:
  accounts: {file: accounts.csv}
  orders: {file: orders.csv}
  rates: {file: rates.csv}
  wallets: {file: wallets.csv, columns: {account_id: customer, date: estimated, annual_wallet: spend, currency: in}}
"""
FILES = {
    "accounts.csv": "account_id,name,annual_wallet\nA,Alder,999\nB,Birch,400\n",
    "orders.csv": "order_id,line,account_id,order_date,product,quantity,net_revenue\n1,1,A,2024-07-02,p,1,10\n"
    "2,1,A,2025-09-01,p,1,60\n3,1,B,2025-09-01,p,1,100\n",
    "rates.csv": "currency,date,rate\nEUR,2026-04-01,8\n",
    "wallets.csv": "customer,estimated,spend,in\nA,2025-06-30,100,CNY\nA,2026-04-15,25,EUR\nA,2026-07-01,1,CNY\n",
}


def test_F49_F10_wallets_are_read_converted_and_used_from_their_day_on(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "wallets.yaml").write_text(ENGAGEMENT, encoding="utf-8")
    engagement = load_engagement(tmp_path / "wallets.yaml")
    found = score(read(engagement), engagement).values["account"]
    assert found["wallet_amount"].to_dict() == {"A": 25 * 8, "B": 400}  # one estimate lies after the day; B has none
    assert found["wallet_share"].tolist() == pytest.approx([60 / 200, 100 / 400])
    assert found["headroom_score"].tolist() == pytest.approx([70, 75])
    assert found["wallet_gain_share"].tolist() == pytest.approx([60 / 200 - 10 / 100, 100 / 400])
    assert found["wallet_gain_share_note"].fillna("").tolist() == ["", "constant_wallet"]
