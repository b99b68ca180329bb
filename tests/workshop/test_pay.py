"""The pay sandbox: everybody's pay under the terms tried, to the cent; what is kept lies beside the plans in force, never over them."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from bs4 import BeautifulSoup

from kamlib.checks import KamError
from kamlib.data.engagement import load_engagement
from kamlib.incentives import Tier, default_book, load_book
from kamlib.scores.pay import book_of, pay_run
from kamlib.workshop.pay import pay
from kamlib.workshop.pay_numbers import PayNumbers, last_period
from kamlib.workshop.pay_terms import PayTerms
from kamlib.workshop.pay_tries import begins_on, read_as, read_tries, save_try, tries_folder, undo_try
from tests.workshop.panels import told

CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def numbers(scored):
    found = PayNumbers(copy(scored))
    assert found.run.pool > 0
    return found


@pytest.fixture(autouse=True)
def paid_once(monkeypatch, numbers):
    """The pay in force of the sample is worked out once for all tests; it takes a score of all accounts."""
    monkeypatch.setattr("kamlib.workshop.pay_numbers.PayNumbers.run", numbers.run)
    monkeypatch.setattr("kamlib.workshop.pay_numbers.PayNumbers._design", numbers._design)


@pytest.fixture
def panel(room):
    return pay(room)


def rows_of(panel, place):
    table = BeautifulSoup(panel.page.value, "html.parser").find_all("table")[place]
    return [[cell.get_text(" ", strip=True) for cell in row.find_all("td")] for row in table.find_all("tr")[1:]]


def amount(words):
    return Decimal("0") if words == "–" else Decimal(words.replace("−", "-").replace("¥", "").replace(",", "").replace("+", ""))


def attained(room):
    """Base and quota of everybody on commission in 2026Q2, as the statements in force have them."""
    found = {}
    for statement in PayNumbers(room).run.statements:
        for pay_ in statement.plans:
            if pay_.plan.id == "commission":
                steps = {step.id: step.amount for step in pay_.steps}
                found[statement.person] = (steps["base"], steps["quota"])
    return found


def by_hand(base, quota, *, tiers, threshold=0, cap=None, whole=False):
    """F65 once more: tiers, then threshold, then cap; a boundary belongs to the tier above it."""
    starts = [Fraction(str(start)) * quota for start, _ in tiers] + [base]
    if whole:
        earned = base * Fraction(str([rate for (start, rate) in tiers if base >= Fraction(str(start)) * quota][-1]))
    else:
        earned = sum(
            max(Fraction(0), min(base, starts[place + 1] if place + 1 < len(tiers) else base) - starts[place]) * Fraction(str(rate))
            for place, (_, rate) in enumerate(tiers)
        )
    earned = earned if base >= Fraction(str(threshold)) * quota else Fraction(0)
    earned = earned if cap is None else min(earned, Fraction(cap))
    return (Decimal(earned.numerator) / Decimal(earned.denominator)).quantize(CENT, ROUND_HALF_UP)


SAMPLE = [(0, 0.001), (0.8, 0.01), (1.0, 0.02), (1.2, 0.01)]


@pytest.mark.parametrize(
    "moved, terms",
    [
        ({}, {}),
        ({"threshold": 0.95}, {"threshold": 0.95}),
        ({"cap": 20000.0}, {"cap": 20000}),
        ({"rate_3": 0.05}, {"tiers": [*SAMPLE[:2], (1.0, 0.05), SAMPLE[3]]}),
        ({"tiers": 2, "start_2": 0.9, "rate_2": 0.0155}, {"tiers": [SAMPLE[0], (0.9, 0.0155)]}),
        ({"rate_4": 0.02, "method": "whole"}, {"tiers": [*SAMPLE[:3], (1.2, 0.02)], "whole": True}),
    ],
    ids=["in force", "threshold", "cap", "accelerator", "two tiers", "whole base"],
)
def test_everybody_is_paid_what_the_terms_say_to_the_cent(panel, room, moved, terms):
    with panel.quiet():
        for name, value in moved.items():
            panel.controls[name].value = value
    names = {statement.person: statement.name for statement in PayNumbers(room).run.statements}
    rows = {row[0]: row for row in rows_of(panel, 0)}
    expected = {person: by_hand(*sums, **({"tiers": SAMPLE} | terms)) for person, sums in attained(room).items()}
    assert len(expected) == 5
    bonus = {"M05": Decimal(15000)}
    for person, sum_ in expected.items():
        assert amount(rows[names[person]][4]) == sum_ + bonus.get(person, 0)
        assert amount(rows[names[person]][5]) == amount(rows[names[person]][4]) - amount(rows[names[person]][3])
    whole = sum(expected.values()) + Decimal(15000) + Decimal("43841.25")
    assert amount(rows["All"][4]) == whole and amount(rows["All"][3]) == Decimal("133151.19")
    assert ("the plans in force pay" in told(panel)) == (not moved)


def test_the_sandbox_pays_what_a_full_run_under_the_same_terms_pays(numbers, scored):
    commission, salary = (next(plan for plan in numbers.plans if plan.id == name) for name in ("commission", "salary"))
    terms = {
        "commission": type(commission).model_validate(commission.model_dump() | {"period": "ytd", "threshold": Decimal("0.9")}),
        "salary": type(salary).model_validate(salary.model_dump() | {"fixed_share": Decimal("0.6")}),
    }
    book = numbers.book.model_copy(update={"plans": tuple(terms.get(plan.id, plan) for plan in numbers.book.plans)})
    full = pay_run(scored.tables, scored.engagement, period=numbers.period, book=book)
    assert numbers.under(terms) == {statement.person: statement.total for statement in full.statements}
    assert numbers.under({}) == {statement.person: statement.total for statement in numbers.run.statements}


def test_a_threshold_is_a_step_that_is_named_with_what_it_costs_and_who_stands_there(panel, room):
    panel.controls["threshold"].value = 0.8
    quota = attained(room)["M02"][1]
    step = Fraction("0.799") * quota * Fraction("0.001") + Fraction("0.001") * quota * Fraction("0.001")
    assert f"A step of ¥{float(step):,.0f} at 80%: a tenth of a point more or less decides it. Closer to it than 3 points: 周予安." in told(
        panel
    )
    sold = float(Fraction("0.199") * quota)
    assert f"From 60% to 79.9% more sales pay nothing: ¥{sold / 1e6:.2f} m sold for no reward." in told(panel)
    assert "The plan in force has 0 steps and 0 stretches that pay nothing more." in told(panel)
    panel.controls["cap"].value = 20000.0
    assert re.search(r"From 89.9% to 140% more sales pay nothing: .* Standing there now: Lin Zhiyuan, Helen Gu, 沈嘉木\.", told(panel))
    panel.controls["threshold"].value, panel.controls["cap"].value = 0.0, 0.0
    assert "there is no step and no stretch that pays nothing more" in told(panel)


def test_terms_that_touch_nobody_change_nothing(panel):
    panel.controls["threshold"].value = 0.5
    assert "2026Q2 would have paid the same ¥133 k in all." in told(panel)


def test_the_curve_shows_both_plans_at_the_same_points(panel, room):
    panel.controls["cap"].value = 20000.0
    quota = attained(room)["M02"][1]
    figure = BeautifulSoup(panel.page.value, "html.parser").find("img")["alt"].replace("\xa0", " ")
    now, tried = (by_hand(quota * Fraction("1.2"), quota, tiers=SAMPLE, cap=cap) for cap in (None, 20000))
    assert f"at 120%: ¥{float(now) / 1000:.1f} k in force, ¥{float(tried) / 1000:.1f} k tried" in figure and now > tried
    panel.controls["person"].value = "M04"
    assert "Helen Gu" in BeautifulSoup(panel.page.value, "html.parser").find("img")["alt"]


def test_a_salary_follows_its_curve_and_the_principles_follow_the_split(panel, numbers):
    panel.controls["plan"].value = "salary"
    pays = next(pay for statement in numbers.run.statements for pay in statement.plans if pay.plan.id == "salary")
    places = {step.id: step.places for step in pays.steps}
    fixed, score = places["fixed"]["amount"], Fraction(places["score"]["score"])
    assert "A step of" in told(panel) and "From 60% to 83.9% a better result pays nothing more." in told(panel)
    with panel.quiet():
        panel.controls["start_payout"].value = 0.0
        panel.controls["fixed_share"].value = 0.9
    exact = (fixed / Fraction("0.9") - fixed) * (score - 60) / 40
    rounded = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(CENT, ROUND_HALF_UP)
    rows = {row[0]: row for row in rows_of(panel, 0)}
    assert rows["陈立衡"][2] == "score 98" and amount(rows["陈立衡"][4]) == rounded and amount(rows["陈立衡"][3]) == Decimal("43841.25")
    assert "A step of" not in told(panel)
    for share, state in ((0.9, ["broken", "10%"]), (0.6, ["kept", "40%"])):
        panel.controls["fixed_share"].value = share
        assert {row[1]: row[2:] for row in rows_of(panel, 1)}["Variable pay between 20% and 60% of target pay"] == state


def test_target_pay_beyond_the_budget_breaks_a_principle(panel, numbers):
    rule = "Target pay within the budget"
    assert {row[1]: row[2] for row in rows_of(panel, 1)}[rule] == "kept" and panel.controls["budget"].value == float(numbers.at_target({}))
    panel.controls["rate_2"].value = 0.02
    assert {row[1]: row[2] for row in rows_of(panel, 1)}[rule] == "broken"
    panel.controls["budget"].value = 1_000_000.0
    assert {row[1]: row[2] for row in rows_of(panel, 1)}[rule] == "kept"


@pytest.mark.parametrize(
    "moved, words",
    [
        ({"start_3": 0.8}, "Each tier must begin above the one before"),
        ({"method": "whole"}, "selling more would pay less"),
        ({"plan": "salary", "start_payout": 1.2}, "A better score must not pay less"),
        ({"plan": "salary", "target_score": 60}, "Scores must rise"),
    ],
)
def test_terms_that_do_not_hold_together_are_refused_and_the_page_stays(panel, moved, words):
    *first, last = moved.items()
    for name, value in first:
        panel.controls[name].value = value
    before = panel.page.value
    panel.controls[last[0]].value = last[1]
    assert words in panel.status.value and panel.page.value == before
    panel.save()
    assert words in panel.status.value


MANY = (
    default_book()
    .plans[0]
    .model_copy(update={"id": "eight_tiers", "tiers": tuple(Tier(start=Decimal(n) / 4, rate=Decimal(n) / 50) for n in range(8))})
)


@pytest.mark.parametrize("plan", [*default_book().plans, MANY], ids=lambda plan: plan.id)
def test_showing_terms_changes_none(scored, plan):
    sliders = PayTerms(scored, 100_000, tiers=8)
    sliders.put(plan)
    assert sliders.take(plan) == plan


def test_what_is_tried_is_kept_beside_and_the_plans_in_force_stay(panel, room, engagement):
    in_force = (engagement.parent / "sample" / "pay.yaml").read_bytes()
    before = engagement.read_bytes()
    panel.controls["threshold"].value, panel.controls["cap"].value = 0.7, 30000.0
    panel.save_button.click()
    assert "Saved: pay-tries/1.yaml: Commission on revenue (Li Na)." in panel.status.value
    assert (engagement.parent / "sample" / "pay.yaml").read_bytes() == in_force and engagement.read_bytes() == before
    fresh = pay(room)
    assert fresh.controls["version"].value == "1.yaml" and "Tried: 2026 / 2026-07-01 / 1" in [
        label for label, _ in fresh.controls["version"].options
    ]
    assert (fresh.controls["threshold"].value, fresh.controls["cap"].value) == (0.7, 30000.0) and rows_of(fresh, 0) == rows_of(panel, 0)
    fresh.controls["version"].value = ""
    assert fresh.controls["threshold"].value == 0.0 and "the plans in force pay" in told(fresh)
    assert room.journal() == []
    panel.undo_button.click()
    assert (
        not (engagement.parent / "sample" / "pay-tries" / "1.yaml").exists() and "Taken back: Commission on revenue" in panel.status.value
    )
    assert panel.controls["threshold"].value == 0.0
    panel.undo()
    assert "Nothing to take back" in panel.status.value


def test_a_try_put_in_force_leaves_old_statements_and_pays_new_ones_by_its_terms(room, engagement):
    """Saved at the end of March, put in force by one line, looked at from the end of June."""
    text = engagement.read_text("utf-8").replace("as_of: 2026-06-30", "as_of: 2026-03-31")
    engagement.write_text(text, encoding="utf-8")
    early = load_engagement(engagement)
    book = book_of(early)
    commission = next(plan for plan in book.plans if plan.id == "commission")
    tried = type(commission).model_validate(commission.model_dump() | {"threshold": Decimal("0.95"), "cap_amount": Decimal(21000)})
    save_try(early, book, {"commission": tried}, read=read_as(early), by="Li Na", what="threshold and cap")
    assert begins_on(early) == date(2026, 4, 1)
    named = text.replace("as_of: 2026-03-31", "as_of: 2026-06-30").replace("pay: sample/pay.yaml", "pay: sample/pay-tries/1.yaml")
    engagement.write_text(named, encoding="utf-8")
    late = load_engagement(engagement)
    tables = room.tables
    on_commission = {person: names for person, names in book_of(late).people.items() if person != "M01"} | {"M01": ()}
    new, old = (
        one.model_copy(update={"people": on_commission if one is not book else {"M01": (), "M05": ("commission", "own")}})
        for one in (book_of(late), book)
    )
    first = [pay_run(tables, late, period="2026Q1", book=one) for one in (old, new)]
    assert [statement.total for statement in first[0].statements] == [statement.total for statement in first[1].statements] and first[
        0
    ].pool > 0
    second = {statement.person: statement.total for statement in pay_run(tables, late, period="2026Q2", book=new).statements}
    expected = {person: by_hand(*sums, tiers=SAMPLE, threshold=0.95, cap=21000) for person, sums in attained(room).items()}
    assert second == expected | {"M01": Decimal(0), "M05": expected["M05"] + 15000}


def test_comments_and_schema_of_the_pay_file_stay_in_a_try(panel, engagement):
    panel.controls["cap"].value = 30000.0
    panel.save()
    written = (engagement.parent / "sample" / "pay-tries" / "1.yaml").read_text("utf-8")
    assert (
        "$schema=../../pay.schema.json" in written and "# everybody who is not named below" in written and "# or margin, or cash" in written
    )
    assert "by Li Na" in written and "`pay: sample/pay-tries/1.yaml`" in written
    found = load_book(engagement.parent / "sample" / "pay-tries" / "1.yaml")
    assert [plan.id for plan in found.plans_of("M05", date(2026, 6, 30))] == ["commission", "own"]
    assert [plan.id for plan in found.plans_of("M05", date(2026, 7, 1))] == ["commission_20260701", "own"]


def test_two_tries_have_two_numbers_and_an_undone_one_is_not_used_again(panel, room):
    for cap in (30000.0, 40000.0):
        panel.controls["cap"].value = cap
        panel.save()
    assert [one.path.name for one in read_tries(room.engagement, book_of(room.engagement))] == ["1.yaml", "2.yaml"]
    panel.undo()
    assert panel.controls["cap"].value == 30000.0
    panel.controls["cap"].value = 50000.0
    panel.save()
    assert [one.path.name for one in read_tries(room.engagement, book_of(room.engagement))] == ["1.yaml", "3.yaml"]


def test_nothing_moved_is_nothing_to_keep(panel, room):
    panel.save()
    assert "These are the terms in force" in panel.status.value and not tries_folder(room.engagement).exists()


def test_a_pay_file_that_somebody_wrote_since_is_said_and_read_again(panel, engagement):
    panel.controls["cap"].value = 30000.0
    path = engagement.parent / "sample" / "pay.yaml"
    path.write_text(path.read_text("utf-8").replace('version: "2026"', 'version: "2026b"'), encoding="utf-8")
    panel.save()
    assert "pay.yaml was written by somebody else since it was read" in panel.status.value
    assert not list((engagement.parent / "sample" / "pay-tries").glob("*.yaml"))
    panel.load()
    assert panel.controls["version"].options[0][0] == "In force: 2026b"
    panel.controls["cap"].value = 30000.0
    panel.save()
    assert "Saved" in panel.status.value


def test_a_try_that_somebody_changed_is_not_taken_away(panel, engagement):
    panel.controls["cap"].value = 30000.0
    panel.save()
    path = engagement.parent / "sample" / "pay-tries" / "1.yaml"
    path.write_text(path.read_text("utf-8") + "# agreed\n", encoding="utf-8")
    panel.undo()
    assert "was changed by somebody else after this decision" in panel.status.value and path.exists()


def test_a_plan_that_pays_a_team_is_not_kept(room):
    book = book_of(room.engagement)
    commission = next(plan for plan in book.plans if plan.id == "commission")
    team = type(book).model_validate(
        book.model_dump(by_alias=True) | {"teams": {"North": {"plan": "commission", "shares": {"M02": 1, "M03": 1}}}}
    )
    with pytest.raises(KamError, match='"North" is paid by a plan that was changed, and a team\'s plan has no date'):
        save_try(room.engagement, team, {"commission": commission}, read=read_as(room.engagement), by="", what="x")
    assert undo_try(room.engagement, "") is None


def test_without_a_period_that_is_over_it_says_so(room, monkeypatch):
    monkeypatch.setattr("kamlib.workshop.pay_numbers.PayNumbers.run", None)
    room.tables = replace(room.tables, frames=room.tables.frames | {"targets": room.tables["targets"].iloc[:0]})
    assert last_period(room) is None and "No period with a quota is over" in told(pay(room))


def test_a_chinese_room_reads_no_english_sentence(room):
    chinese = copy(room)
    chinese.language = "zh"
    panel = pay(chinese)
    with panel.quiet():
        panel.controls["threshold"].value, panel.controls["cap"].value = 0.8, 20000.0
    pages = [told(panel)]
    panel.controls["plan"].value = "salary"
    pages += [told(panel), *(image["alt"] for image in BeautifulSoup(panel.page.value, "html.parser").find_all("img"))]
    said = [control.description for control in panel.controls.values() if hasattr(control, "description")]
    left = " ".join([*pages, *said])
    for statement in PayNumbers(room).run.statements:
        left = left.replace(statement.name, "")
    assert "多卖不多得" in left and not re.search(r"[A-Za-z]{3,} [A-Za-z]{2,}", left)
