"""The first page decides rightly: what is wrong, which numbers, what next, what is missing."""

from __future__ import annotations

import pytest

from kamlib.policy import load_policy
from kamlib.show import facts, page, tables


def with_values(pack, **values):
    """Return the pack with some numbers replaced."""
    for score in pack.data["scores"]:
        if score["metric"] in values:
            score["value"] = values[score["metric"]]
    return pack


def test_problems_stand_worst_first_and_name_two_numbers(make_pack):
    found = facts.problems(make_pack())
    assert [problem.metric for problem in found] == ["on_time_rate", "dso_days", "overdue_share", "margin_rate"]
    assert found[0].words("en") == "On-time rate is 83.1%, down from 93.0% a year ago."
    assert found[2].words("en").endswith("38.1%; half of all accounts lie between 5.0% and 22.0%.")
    assert all(len(problem.numbers) >= 2 for problem in found)


def test_an_account_inside_the_middle_half_and_unchanged_has_no_problem(make_pack):
    pack = make_pack()
    values = {metric: bench["median"] for metric, bench in pack.benchmarks.items() if metric != "revenue_amount"}
    for metric, points in pack.data["trends"].items():
        for point in points:
            point["value"] = values.get(metric, point["value"])
    assert facts.problems(with_values(pack, **values)) == []
    assert page.headline(pack, []).endswith("None of the 10 measures checked is clearly worse than the portfolio or a year ago.")


@pytest.mark.parametrize(
    ("margin", "wrong"),
    [
        pytest.param(0.299, False, id="1.9 points below a year ago"),
        pytest.param(0.298, True, id="2 points below a year ago"),
        pytest.param(0.269, True, id="below the middle half"),
    ],
)
def test_a_move_counts_from_the_limit_of_its_unit(make_pack, margin, wrong):
    found = [problem.metric for problem in facts.problems(with_values(make_pack(), margin_rate=margin))]
    assert ("margin_rate" in found) is wrong


@pytest.mark.parametrize(
    ("path", "value", "metric", "wrong"),
    [
        pytest.param("worse.score", 0.5, "satisfaction_score", True, id="0.7 points below a year ago, half a point counts"),
        pytest.param("worse.score", 0.8, "satisfaction_score", False, id="0.7 points below a year ago, 0.8 count"),
        pytest.param("worse.amount", 0.01, "revenue_amount", False, id="more is not worse"),
    ],
)
def test_the_limit_of_a_unit_is_the_engagements_own(make_pack, path, value, metric, wrong):
    pack = make_pack()
    pack.data["policy"] = load_policy({"worse": {path.removeprefix("worse."): value}}).leaves()
    assert (metric in [problem.metric for problem in facts.problems(pack)]) is wrong


def test_falling_revenue_is_said_once(make_pack):
    pack = with_values(make_pack(), revenue_amount=6e6, growth_rate=6 / 10.98 - 1)
    assert [problem.metric for problem in facts.problems(pack)].count("revenue_amount") == 1
    assert "growth_rate" not in [problem.metric for problem in facts.problems(pack)]
    assert page.headline(pack, []).startswith("Revenue fell 45.4% to ¥6.00\u00a0m.")


@pytest.mark.parametrize(
    ("answers", "wrong"), [pytest.param(5.0, True, id="enough answers"), pytest.param(4.0, False, id="too few answers")]
)
def test_a_number_from_too_few_answers_is_no_problem(make_pack, answers, wrong):
    pack = with_values(make_pack(), satisfaction_score=10.0, respondents_count=answers)
    assert ("satisfaction_score" in [problem.metric for problem in facts.problems(pack)]) is wrong
    assert facts.side(pack, "satisfaction_score") == ("worse" if wrong else "neutral")


def test_a_difference_that_rounding_hides_is_no_problem(make_pack):
    found = {rate: facts.problems(with_values(make_pack(), order_accuracy_rate=rate)) for rate in (0.9489, 0.9497)}
    listed = {rate: "order_accuracy_rate" in [problem.metric for problem in problems] for rate, problems in found.items()}
    assert listed == {0.9489: True, 0.9497: False}


def test_three_numbers_are_revenue_margin_and_the_worst_against_the_portfolio(make_pack):
    assert facts.three_numbers(make_pack()) == ["revenue_amount", "margin_rate", "dso_days"]
    assert facts.three_numbers(with_values(make_pack(), margin_rate=None, dso_days=40.0))[1:] == ["wallet_share", "on_time_rate"]
    assert facts.three_numbers(make_pack("poor")) == ["revenue_amount", "margin_rate", "dso_days"]


def test_moves_come_from_segment_and_stage_with_owner_and_date(make_pack):
    moves = facts.moves(make_pack())
    assert len(moves) == 5
    assert [move.due for move in moves] == sorted(move.due for move in moves)
    assert {move.id.split("_")[0] for move in moves} == {"core", "deep"}
    assert all(move.due > make_pack().as_of and move.owner for move in moves)
    assert facts.moves(make_pack("empty")) == []


def test_what_is_missing_names_the_table_or_column_that_unlocks_it(make_pack):
    words = page.missing_words(make_pack("poor"))
    for missing in ("orders.cost", "invoices", "forecasts", "surveys", "accounts.annual_wallet", "orders.promised_on"):
        assert missing in words
    assert page.missing_words(make_pack()) == ""


@pytest.mark.parametrize(
    ("now", "then", "growth", "start"),
    [
        pytest.param(9.0, 9.0, 0.0, "Revenue held", id="held"),
        pytest.param(9.0, 0.0, None, "Revenue is ¥9, all of it new.", id="new"),
        pytest.param(0.0, 9.0, None, "No revenue in 12 months", id="lost"),
        pytest.param(-5.0, 9.0, -1.5, "No revenue in 12 months; ¥9", id="returns only"),
        pytest.param(0.0, 0.0, None, "No revenue in the last 24 months.", id="inactive"),
        pytest.param(9.0, None, None, "Revenue is ¥9; there is no earlier year", id="short history"),
        pytest.param(None, None, None, "Revenue is not measured.", id="not measured"),
    ],
)
def test_the_headline_says_how_revenue_moved(make_pack, now, then, growth, start):
    pack = with_values(make_pack(), revenue_amount=now, revenue_prior_amount=then, growth_rate=growth)
    assert page.headline(pack, []).startswith(start)


def test_the_account_began_with_its_signature_or_its_first_order(make_pack):
    assert facts.began_on(make_pack()) == "2024-08-12"
    assert facts.began_on(make_pack("poor")) == "2026-02-02"
    assert facts.began_on(make_pack("empty")) is None


def test_F12_what_only_the_portfolio_has_is_not_called_missing(make_pack):
    pack = make_pack("poor")
    for score in pack.data["scores"]:
        if score["metric"] in ("new_customer_rate", "retention_rate", "market_share"):
            score["note"] = "portfolio_measure"
        if score["metric"] == "customer_status":
            score["text"] = None
    named = {name for names in tables.unmeasured(pack).values() for name in names}
    assert "Share of wallet" in named and not named & {"New-customer rate", "Retention rate", "Market share"}
    rows = {row["metric"]: row["value"] for row in tables.kpi_rows(pack)}
    assert rows["retention_rate"] == rows["new_customer_rate"] == "portfolio measure" and "market_share" not in rows
    assert {"retention_rate", "new_customer_rate"} <= {entry["metric"] for entry in tables.receipts_data(pack)}
