"""The value of relationships in the scores of the sample: the file summed again, levels, stories and quiet accounts."""

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from kamlib import periods
from kamlib.data.sample.stories import QUIET_ACCOUNTS
from kamlib.groups import group_root
from kamlib.scores import score
from kamlib.value import concentration_trend

ORDERS = Path(__file__).resolve().parents[1] / "params/sample/orders.csv"
IN_EUROS = "A033"
KEEP = {"early": 0.80, "mid": 0.86, "partnership": 0.92, "synergistic": 0.96}


@pytest.fixture(scope="module")
def scores(sample_engagement, sample_tables):
    return score(sample_tables, sample_engagement)


def test_value_of_every_account_agrees_with_the_file_and_its_stage_and_risk(scores):
    costed, gained, sold = defaultdict(Decimal), defaultdict(Decimal), defaultdict(Decimal)
    with ORDERS.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if "2025-07-01" <= row["order_date"] <= "2026-06-30":
                amount, account_id = Decimal(row["net_revenue"]), row["account_id"]
                sold[account_id] += abs(amount)
                if row["cost"]:
                    costed[account_id] += abs(amount)
                    gained[account_id] += amount - Decimal(row["cost"])
    compared = 0
    for account_id, row in scores.values["account"].drop(index=IN_EUROS).iterrows():
        cash, enough = gained[account_id], sold[account_id] > 0 and costed[account_id] / sold[account_id] >= Decimal("0.8")
        assert pd.notna(row["clv_amount"]) == (enough and cash > 0), account_id
        if pd.isna(row["clv_amount"]):
            continue
        later = KEEP.get(row["relationship_stage"], 0.80)
        there, worth = later * (1 - 0.5 * (row["loss_risk"] if pd.notna(row["loss_risk"]) else 0.0)), 0.0
        for year in range(1, 6):
            worth, there = worth + there / 1.1**year, there * later
        assert row["clv_amount"] == pytest.approx(float(cash) * worth, abs=0.1), account_id
        compared += 1
    assert compared >= 40


def test_levels_are_the_sums_of_their_accounts(scores, sample_tables):
    accounts, portfolio = scores.values["account"], scores.values["portfolio"].iloc[0]
    manager_of = sample_tables["accounts"].set_index("account_id")["manager_id"].fillna("(none)").reindex(accounts.index)
    for name in ("revenue_at_risk_amount", "clv_amount", "clv_unadjusted_amount", "retention_point_amount"):
        assert portfolio[name] == pytest.approx(accounts[name].sum()), name
        sums, measured = accounts[name].groupby(manager_of).sum(min_count=1), scores.values["manager"][name].dropna()
        assert len(measured) and measured.tolist() == pytest.approx(sums[measured.index].tolist()), name


def test_who_bought_nothing_is_told_so_and_not_that_too_little_cost_is_known(scores):
    accounts = scores.values["account"]
    nothing = accounts[accounts["orders_count"].eq(0) & accounts["revenue_amount"].eq(0)]
    assert len(nothing) >= 3 and set(nothing["clv_amount_note"]) == {"no_rows"}
    assert (accounts["clv_amount_note"] == "low_coverage").any()


def test_the_churner_and_the_star_about_to_be_poached_carry_the_most_risk(scores):
    accounts = scores.values["account"]
    share = (accounts["revenue_at_risk_amount"] / accounts["revenue_amount"])[accounts["revenue_amount"] > 0]
    assert share["A005"] > 0.39 and share["A026"] > 0.33
    assert accounts["revenue_at_risk_amount"].idxmax() == "A026"


def test_quiet_accounts_lose_nothing_to_risk(scores):
    quiet = scores.values["account"].loc[list(QUIET_ACCOUNTS)]
    assumed = 1 - quiet["relationship_stage"].map(KEEP).astype(float).fillna(0.80)
    false_alarms = (quiet["loss_probability_rate"] > assumed + 1e-9).sum()
    assert len(quiet) >= 30 and false_alarms == 0


def test_the_young_deep_relationship_is_worth_the_most_years(scores):
    assert scores.values["account"]["clv_factor"].idxmax() == "A019"


def test_the_star_without_profit_has_little_to_spend(scores):
    accounts = scores.values["account"]
    part = accounts["spend_ceiling_amount"] / accounts["revenue_amount"]
    assert accounts.at["A008", "revenue_rank"] <= 2 and part["A008"] < 0.25 * part.median()


def test_the_trend_of_concentration_ends_where_the_portfolio_stands(scores, sample_tables):
    found = concentration_trend(
        sample_tables["orders"], dates=periods.quarter_points(scores.as_of), group=group_root(sample_tables["accounts"])
    )
    portfolio = scores.values["portfolio"].iloc[0]
    assert len(found) == 8 and found.notna().all().all()
    assert found["hhi_ratio"].iloc[-1] == pytest.approx(portfolio["hhi_ratio"])
    assert found["largest_revenue_share"].iloc[-1] == pytest.approx(portfolio["largest_revenue_share"])


def test_F53_a_measured_calibration_takes_the_place_of_the_assumption(scores, sample_tables, sample_engagement):
    measured = score(sample_tables, sample_engagement.model_copy(update={"calibration": [(0.0, 0.02), (0.5, 0.3)]})).values["account"]
    risk = measured["loss_risk"].dropna()
    by_hand = [0.02 + (0.28 * min(value, 0.5) / 0.5) for value in risk]
    assert measured.loc[risk.index, "loss_probability_rate"].tolist() == pytest.approx(by_hand)
    assert set(measured["loss_probability_rate_note"].dropna()) <= {"calibrated", "assumption"}
    assert not scores.values["account"].loc[risk.index, "loss_probability_rate"].equals(measured.loc[risk.index, "loss_probability_rate"])


def test_F79_a_groups_order_drop_is_that_of_its_pooled_rows(scores, sample_tables):
    members = group_root(sample_tables["accounts"])
    for group in scores.values["group"].index:
        ids, sums = set(members.index[members == group]), {"recent": 0.0, "earlier": 0.0}
        for row in sample_tables["orders"].itertuples():
            day = str(row.order_date)[:10]
            if row.account_id in ids:
                sums["recent"] += row.net_revenue * ("2026-03-31" < day <= "2026-06-30")
                sums["earlier"] += row.net_revenue * ("2025-03-31" < day <= "2025-06-30")
        wanted = min(1, max(0, (-(sums["recent"] / sums["earlier"] - 1) - 0.10) / 0.50))
        assert scores.values["group"].loc[group, "order_drop_signal"] == pytest.approx(wanted)
