"""The first page decides rightly: what is wrong, which numbers, what next, what is missing."""

from __future__ import annotations

import re

import pytest

from kamlib.playbook import playbook
from kamlib.policy import load_policy
from kamlib.show import facts, page, sections, tables


def with_values(pack, **values):
    """Return the pack with some numbers replaced."""
    for score in pack.data["scores"]:
        if score["metric"] in values:
            score["value"] = values[score["metric"]]
    return pack


def with_tickets(pack, **kept_of):
    """Return the pack with service levels, each given by the tickets that kept the limit and those judged."""
    for score in pack.data["scores"]:
        if score["metric"] in kept_of:
            kept, judged = kept_of[score["metric"]]
            score["value"], score["parts"] = kept / judged, dict(zip(score["parts"], (kept, judged), strict=True))
    return pack


def with_short_history(pack, then):
    """Return the pack as it stands where the orders begin within the year before."""
    for score in with_values(pack, revenue_amount=1500.0, revenue_prior_amount=then, growth_rate=None).data["scores"]:
        if score["metric"] in ("growth_rate", "revenue_prior_amount"):
            score["note"] = "short_history"
    return pack


def page_text(pack, published):
    """Return what the first page shows, without its markup."""
    page.first_page(pack)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", published[-1]["text/html"]))


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
    assert page.headline(pack, []).endswith("None of the 10 measures checked is clearly worse than the portfolio, a year ago or its limit.")


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
    assert facts.three_numbers(make_pack()) == ["revenue_amount", "margin_rate", "loss_risk"], "F74"
    assert facts.three_numbers(with_values(make_pack(), loss_risk=None)) == ["revenue_amount", "margin_rate", "dso_days"]
    other = with_values(make_pack(), margin_rate=None, dso_days=40.0, loss_risk=None)
    assert facts.three_numbers(other)[1:] == ["wallet_share", "on_time_rate"]
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
        pytest.param(9.0, None, None, "Revenue is ¥9; there is no earlier year", id="no earlier year"),
        pytest.param(9.0, -4.0, None, "Revenue is ¥9, after −¥4 in the 12 months before.", id="returns only before"),
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
    assert {"retention_rate", "new_customer_rate"} <= set(tables.receipted(pack))


@pytest.mark.parametrize(
    ("then", "english", "chinese"),
    [
        pytest.param(
            1000.0, "part of the 12 months before only, with ¥1,000: growth is not known", "上一个12个月的订单不全（仅有¥1,000）", id="some"
        ),
        pytest.param(0.0, "there is no earlier year to compare", "没有更早的年度可比", id="none"),
    ],
)
def test_a_history_that_is_too_short_is_not_called_growth(make_pack, published, then, english, chinese):
    words = {language: page_text(with_short_history(make_pack("rich", language), then), published) for language in ("en", "zh")}
    assert english in words["en"] and chinese in words["zh"]
    assert "all of it new" not in words["en"] and "全部为新增" not in words["zh"]
    assert "+50.0%" not in "".join(words.values())


@pytest.mark.parametrize(
    ("days", "usual", "said"),
    [
        pytest.param(
            273.0, 40.0, "No order since September 2025, 273\u00a0days ago; nine gaps in ten last 40\u00a0days at most.", id="old"
        ),
        pytest.param(273.0, None, "No order since September 2025, 273\u00a0days ago.", id="no rhythm, more than a quarter"),
        pytest.param(93.0, None, "No order since March 2026, 93\u00a0days ago.", id="a day more than a quarter"),
        pytest.param(92.0, None, None, id="no rhythm, a quarter"),
        pytest.param(273.0, 300.0, None, id="within its own rhythm"),
        pytest.param(25.0, 10.0, None, id="less than a month"),
    ],
)
def test_an_order_that_is_overdue_is_wrong(make_pack, days, usual, said):
    pack = with_values(make_pack(), last_order_days=days, order_gap_p90_days=usual)
    found = [problem.words("en") for problem in facts.problems(pack) if problem.metric == "last_order_days"]
    assert found == ([said] if said else [])
    assert not said or facts.problems(pack)[0].metric == "last_order_days"


def test_the_headline_counts_what_the_page_calls_wrong(make_pack):
    pack = with_tickets(with_values(make_pack(), last_order_days=273.0), solved_48h_rate=(0.0, 3.0))
    found = facts.problems(pack)
    assert page.headline(pack, found).endswith(f"{len(found)} of {len(facts.judged(pack))} measures.")
    assert {problem.metric for problem in found} <= set(facts.judged(pack))


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        pytest.param({"solved_48h_rate": (0.0, 1.0)}, "Solved within 48 hours: only 0 of 1 tickets.", id="none of one"),
        pytest.param({"solved_48h_rate": (1.0, 2.0)}, None, id="half"),
        pytest.param(
            {"solved_48h_rate": (1.0, 3.0), "answered_24h_rate": (2.0, 9.0)},
            "Answered within 24 hours: only 2 of 9 tickets.",
            id="the worst",
        ),
    ],
)
def test_service_that_breaks_its_promise_more_often_than_not_is_wrong(make_pack, published, levels, said):
    shown = page_text(with_tickets(make_pack(), **levels), published)
    assert (said in shown) if said else ("tickets" not in shown)


def test_service_is_worded_in_chinese_too(make_pack, published):
    assert "48小时解决率偏低：3件工单中0件达标。" in page_text(with_tickets(make_pack("rich", "zh"), solved_48h_rate=(0.0, 3.0)), published)


def test_bad_readings_from_few_answers_are_mentioned_with_their_number(make_pack, published):
    values = {"satisfaction_score": 40.0, "respondents_count": 1.0, "nps_score": -100.0, "nps_answers_count": 1.0}
    shown = page_text(with_values(make_pack(), **values), published)
    assert "from too few answers to count on: customer satisfaction 40, 1 answer; NPS −100, 1 answer." in shown
    assert "satisfaction_score" not in [problem.metric for problem in facts.problems(with_values(make_pack(), **values))]
    chinese = page_text(with_values(make_pack("rich", "zh"), **values), published)
    assert "仅供参考：客户满意度40（1份回答）；净推荐值（NPS）−100（1份回答）。" in chinese


@pytest.mark.parametrize("values", [{"respondents_count": 20.0}, {"satisfaction_score": 90.0}], ids=["many answers", "good"])
def test_no_hint_without_need(make_pack, values):
    few = {"satisfaction_score": 40.0, "respondents_count": 4.0, "nps_score": 20.0, "nps_answers_count": 4.0}
    assert facts.hints(with_values(make_pack(), **few)) == [("satisfaction_score", 4.0)]
    assert facts.hints(with_values(make_pack(), **few | values)) == []


@pytest.mark.parametrize(
    ("on_time", "accuracy", "advised"), [(None, None, False), (0.9, None, True), (None, 0.9, True), (1.0, 1.0, False), (1.0, 0.9, True)]
)
def test_deliveries_are_worked_on_only_where_they_are_measured_and_not_all_right(make_pack, on_time, accuracy, advised):
    pack = with_values(make_pack("poor"), on_time_rate=on_time, order_accuracy_rate=accuracy)
    next(score for score in pack.data["scores"] if score["metric"] == "segment")["text"] = "maintain"
    assert ("maintain_next_errors" in [move.id for move in facts.moves(pack)]) is advised


def test_usage_is_read_only_where_there_is_some(make_pack):
    pack = make_pack("poor")
    assert "steady_next_usage" not in [move.id for move in facts.moves(pack)]
    pack.data["rows"]["usage"] = 3
    assert "steady_next_usage" in [move.id for move in facts.moves(pack)]


def test_steps_that_need_a_measure_exist():
    steps = {step["id"] for book in ("segments", "lifecycle") for home in playbook(book).values() for step in home["next"]}
    assert set(facts.WORKS_ON) <= steps


def test_a_segment_without_potential_says_so_in_one_sentence(make_pack, published):
    for language, words in (("en", "the segment rests on revenue alone"), ("zh", "客户类别仅按销售额划分")):
        assert words in page_text(make_pack("poor", language), published)
        assert words not in page_text(make_pack("rich", language), published)
        assert words not in page_text(make_pack("empty", language), published)


def test_a_stage_by_age_is_called_that(make_pack, published):
    assert "Deep bond, by length of business: 22\u00a0months" in page.stage_words(make_pack())
    assert page.stage_words(make_pack("empty")) == "not measured"
    sections.lifecycle(make_pack("rich", "zh"))
    assert "不代表业务好坏" in published[-1]["text/html"]
