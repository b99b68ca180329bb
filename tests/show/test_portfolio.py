"""The portfolio review: every section speaks both languages, with rich, poor and crowded portfolios alike."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

from kamlib import levers, show
from kamlib.data.schema import TABLES
from kamlib.packs import canonical, review
from kamlib.packs.portfolio import Portfolio, moves_by_account
from kamlib.playbook import playbook
from kamlib.policy import load_policy
from kamlib.sensitivity import cut_paths
from kamlib.show import firmness, portfolio, publish, text
from kamlib.show.portfolio import agreement, blocks, figures, page, week

RULES = load_policy().levers
SECTIONS = [
    "first_page",
    "digest",
    "concentration",
    "profit",
    "matrix",
    "tiers",
    "lifecycle",
    "qualified",
    "risk_radar",
    "loss_drill",
    "stage_tenure",
    "kpis",
    "managers",
    "back_office",
    "accounts",
    "movers",
    "groups",
    "classes",
    "profile",
    "pay_plans",
    "six_levers",
    "company_ready",
    "sensitivity",
    "missing",
    "data_quality",
    "receipts",
]
HOSTILE = "<script>alert(1)</script> {name} $x_1$"
DATES = ["2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31", "2026-06-30"]
NUMBERS = {
    "revenue_amount": 1000.0,
    "revenue_prior_amount": 800.0,
    "growth_rate": 0.25,
    "margin_rate": 0.2,
    "margin_amount": 200.0,
    "net_retention_rate": 1.1,
    "gained_amount": 300.0,
    "lost_amount": 100.0,
    "active_groups_count": 37.0,
    "top10_revenue_share": 0.45,
    "top20_revenue_share": 0.65,
    "largest_revenue_share": 0.25,
    "accounts_for_80_count": 11.0,
    "single_top10_revenue_share": 0.4,
    "single_top20_revenue_share": 0.6,
    "single_largest_revenue_share": 0.2,
    "single_accounts_for_80_count": 12.0,
    "single_gini_ratio": 0.5,
    "top10_margin_share": 0.4,
    "top20_margin_share": 0.7,
    "whale_peak_share": 1.2,
    "loss_making_accounts_count": 2.0,
    "loss_amount": 40.0,
    "red_accounts_count": 8.0,
    "discount_rate": 0.04,
    "within_authority_share": 0.97,
    "price_exceptions_count": 3.0,
    "price_exceptions_amount": 20.0,
    "below_cost_amount": 5.0,
    "justified_discounts_amount": 0.0,
    "red_revenue_amount": 900.0,
    "amber_accounts_count": 0.0,
    "amber_revenue_amount": 0.0,
    "revenue_at_risk_amount": 310.0,
}


def pack(size: int = 40, *, rich: bool = True, name: str = "Account") -> dict:
    """Return a portfolio pack of `size` accounts; a poor one knows nothing but revenue."""
    place = range(size)
    revenue = [0.0 if n == size - 1 else 1000.0 / (n + 1) for n in place]
    accounts = {
        "account_id": [f"A{n:04d}" for n in place],
        "name": [f"{name} {n}" for n in place],
        "manager_id": [f"M{n % 20:02d}" if rich else None for n in place],
        "parent_id": [None] * size,
        "revenue_amount": revenue,
        "revenue_prior_amount": [500.0 / (n + 1) if n % 3 else 1200.0 / (n + 1) for n in place],
        "abc_class": ["ABC"[min(n // 8, 2)] for n in place],
        "value_class": [("top", "mid", "low")[min(n // 6, 2)] for n in place],
        "potential_class": [("high", "stable", "declining")[n % 3] if rich else "stable" for n in place],
        "segment": ["core" if n < 6 else "optimise" for n in place],
        "tier": [("none" if n == 0 else "strategic" if n == 7 else "key") if rich else None for n in place],
        "stars_count": [(5.0 if n < 4 else 0.0) if rich else None for n in place],
        "lifecycle_stage": ["deep" if rich else None for _ in place],
        "customer_status": ["new" if n == 1 else "kept" for n in place],
        "margin_amount": [(-20.0 if n in (3, 4) else 10.0) if rich else None for n in place],
        "margin_rate_coverage": [1.0 if rich else None for _ in place],
        "potential_unmeasured_flag": [0.0 if rich else 1.0 for _ in place],
        "tenure_months": [30.0] * size,
        "last_order_days": [400.0 if n == size - 1 else 92.0 + n % 2 for n in place],
        "qualification_verdict": [("qualified" if n < 9 else "candidate") if rich else "insufficient" for n in place],
        "qualification_score": [float(90 - n % 60) if rich else None for n in place],
        "top_draws_share": [(1.0 if n < 8 else 0.5 if n == 8 else 0.0) if rich else None for n in place],
        "loss_risk": [(0.7 if n % 5 == 0 else 0.1) if rich else None for n in place],
        "risk_level": [("red" if n % 5 == 0 else "green") if rich else None for n in place],
        "main_signal": ["order_drop" if rich and n % 5 == 0 else None for n in place],
        "revenue_at_risk_amount": [0.3 * amount for amount in revenue],
        "relationship_stage": ["early" if rich and n < 6 else None for n in place],
        "price_exceptions_count": [(3.0 if n == 2 else 0.0) if rich else None for n in place],
        "price_exceptions_amount": [(20.0 if n == 2 else 0.0) if rich else None for n in place],
        "below_cost_amount": [(5.0 if n == 2 else 0.0) if rich else None for n in place],
        "discount_rate": [0.04 if rich else None for n in place],
        "stage_lag": [2.0 if rich and n < 6 else None for n in place],
    }
    kpis = [metric for metric in playbook("metrics") if metric in page.facts.KPIS and metric not in accounts]
    accounts |= {metric: [0.01 * (n + 1) if rich else None for n in place] for metric in kpis}
    managers = {"manager_id": [f"M{n:02d}" for n in range(20)], "name": [None] * 20, "accounts_count": [2.0] * 20}
    managers |= {metric: [0.02 * (n + 1) for n in range(20)] for metric in page.facts.KPIS}
    managers |= {"scorecard_score": [60.0 + n for n in range(20)]}
    offices = {"department": [name, "quality", "finance", "(none)"], "tickets_count": [60.0, 50.0, 0.0, 3.0]}
    offices |= {"promises_due_count": [0.0, 5.0, 4.0, 0.0], "promises_kept_count": [0.0, 4.0, 4.0, 0.0]}
    offices |= {metric: [0.97, 0.91, None, 0.2] for metric in ("answered_24h_rate", "solved_48h_rate", "green_channel_rate")}
    offices |= {"promises_kept_rate": [None, 0.8, 1.0, None], "scorecard_score": [110.0, 90.0, None, None]}
    held = {"department": [name, "quality"], "metric": ["answered_24h_rate", "on_time_rate"], "period": ["2026", "2025"]}
    held |= {"floor": [0.8, 0.8], "target": [0.95, 0.95], "value": [0.97, 0.93], "score": [110.0, 90.0]}
    held |= {"is_running": [1.0, 0.0], "is_company": [0.0, 1.0]}
    groups = {"group_id": ["A0001"], "name": ["Group"], "members_count": [3.0], **{metric: [0.5] for metric in page.facts.KPIS}}
    known = NUMBERS if rich else {"revenue_amount": 1000.0, "single_top10_revenue_share": 0.4, "single_top20_revenue_share": 0.6}
    summary = {"path": ["abc.a_share", "abc.a_share", "matrix.top_share"], "classification": ["abc_class", "abc_class", "segment"]}
    summary |= {
        "change_rate": [-0.1, 0.1, 0.1],
        "value_before": [0.8, 0.8, 0.1],
        "moved_count": [3.0, None, 0.0],
        "accounts_count": [40.0] * 3,
        "by_coverage_count": [0.0, None, 0.0],
        "note": [None, "out_of_range", None],
    }
    moves = {"path": ["abc.a_share"], "change_rate": [-0.1], "name": ["Account 9"], "from": ["A"], "to": ["B"]}
    mix = {"attribute": ["region"] * 2, "value": ["North", "(other)"], "key_count": [4.0, 2.0], "all_count": [8.0, 32.0]}
    mix |= {"key_share": [0.67, 0.33], "all_share": [0.2, 0.8], "lift": [3.35, 0.41]}
    rated = {"segments_hold": 2, "own_package": 1, "criterion": 4, "bundle_offered": 0}
    rated |= {"few_layers": 3, "agent_duties": 1, "quality_owner": 1}
    checks = levers.lever_checks({"below_cost_share": 0.01}, rated if rich else {})
    ready = levers.lever_readiness(checks, rules=RULES)
    ready = ready.join(levers.effort_shares(ready, checks, rules=RULES))
    items = {"strategy.awareness": 1, "strategy.action_plan": 3}
    audit = {"checks": columns(checks.rename_axis("check")), "levers": columns(ready.rename_axis("lever"))}
    audit |= {"readiness": columns(levers.company_readiness(items if rich else {}, rules=RULES).rename_axis("obstacle"))}
    audit |= {"findings": ["no_criterion"] if rich else [], "levels": items if rich else {}}
    audit |= {"communication": {"goal": name} if rich else {}}
    audit |= {"incidents": {"billing": name} if rich else {}, "rated": ["2026-06-01", name] if rich else None}
    judged = {"principle": ["moderate", "dynamic"], "rule": ["weights", "dated"], "state": ["broken", "kept"], "found": ["dso_days", ""]}
    design = {"principles": judged, "alignment": {"measure": ["dso_days", name], "accounts_count": [2.0, 1.0], "is_rewarded": [0.0, 0.0]}}
    design |= {"plans": {"plan": ["p", "p"], "attainment": [0.6, 1.0], "pay_amount": [5.0, 9.0], "cost_rate": [0.1, 0.1]}}
    design |= {"names": {"p": {"en": name, "zh": name}}}
    lost = {"mean": 100.0, "worst": 300.0, "beyond": 400.0, "largest": 500.0, "total": 1000.0}
    shape = {"curve": {"revenue_amount": [0.0, 300.0, 600.0], "beyond_share": [1.0, 0.5, 0.0]}}
    shape |= {"trend": [{"as_of": day, "largest_revenue_share": 0.2} for day in DATES]}
    parts = dict.fromkeys(("volume", "mix", "price", "cost", "new", "lost", "other", "fx"), 0.0) | {"volume": 90.0, "price": -40.0}
    walk = {"before": 200.0, "after": 250.0, "change": 50.0, "covered_share": 0.9, "parts": parts, "products": [["p", 90.0]]}
    ranking = {"attribute": ["region"], "mutual_information_bits": [0.4], "permutation_p": [0.001]}
    return {
        "as_of": "2026-06-30",
        "currency": "CNY",
        "engagement": name,
        "synthetic": True,
        "accounts": accounts,
        "managers": managers if rich else {},
        "departments": offices if rich else {},
        "department_targets": held if rich else {},
        "departments_missing": [] if rich else ["tickets.department", "promises"],
        "groups": groups if rich else {},
        "scores": [score(metric, entry, known) for metric, entry in playbook("metrics").items() if "portfolio" in entry["level"]],
        "trend_dates": DATES,
        "trends": {"margin_rate": [{"as_of": day, "value": 0.25 if rich else None} for day in DATES]},
        "benchmarks": {},
        "missing": {} if rich else {"surveys": ["satisfaction_score", "nps_score"], "orders.cost": ["margin_rate"]},
        "notes": {} if rich else {"tier": "currency_without_thresholds", "lifecycle_stage": "no_column:accounts.signed_on"},
        "sensitivity": summary if rich else {key: cells[2:] for key, cells in summary.items()},
        "sensitivity_moves": moves if rich else {},
        "moved_accounts_count": 3,
        "profile_mix": mix if rich else {},
        "profile_ranking": ranking if rich else {},
        "prices": {"walk": walk if rich else None},
        "levers": audit,
        "week": week_of(name, rich),
        "pay_design": design if rich else None,
        "weight_moves": {"criterion": ["continuity"], "change": [0.1], "account_id": ["A0008"]} if rich else {},
        "drill": {"seed": 1, "draws": 100, "largest_exit": name, "measures": {"revenue_amount": lost}, **shape} if rich else None,
        "rows": {"orders": 5},
        "quality": {"orders": {"rows_read": 6, "rows_used": 5, "rows_refused": {"KAM-V01": 1}}},
        "set_aside_count": 2 if rich else 0,
        "policy": load_policy().leaves(),
    }


def week_of(name: str, rich: bool) -> dict:
    """Give a digest, with everything in it or with nothing."""
    move = {"id": "signal.service", "rule": "signal", "subject": "service", "cause": "signal.service.1", "owner": "manager", "urgency": 2.0}
    move |= {"state": "proposed", "text": None, "due": "2026-07-02", "money": 99.0, "places": {"strength": 0.5, "no_price": 0}}
    move |= {"account_id": "A0001", "name": name, "manager_id": "M00"}
    parts = [["won", 1, 9.0], ["grown", 2, 5.0], ["shrunk", 0, 0.0], ["lost", 1, -4.0]]
    risk = {"worse": [[name, "red"]] if rich else [], "better": [[name, None]] if rich else [], "at_risk": [1.0, 2.0]}
    acts = [[name, "call", "M1", "2026-06-01"]]
    graded = {"brier": 0.1, "base_brier": 0.2, "lost_count": 3, "graded_count": 9} if rich else {"due_on": "2027-03-31"}
    return {
        "since": "2026-03-31",
        "revenue": {"then": 90.0, "now": 100.0, "parts": parts, "most": []},
        "risk": risk | {"counts": [[1, 0, 0], [0, 0, 1]]},
        "actions": {"done": acts if rich else [], "slipped": acts if rich else []},
        "forecast": [0.2, -0.1] if rich else None,
        "graded": graded,
        "week": [move] if rich else [],
    }


def columns(frame) -> dict:
    flat = frame.reset_index()
    return {key: [None if pd.isna(cell) else cell for cell in flat[key]] for key in flat}


def score(metric: str, entry: dict, known: dict) -> dict:
    value, coverage = known.get(metric), 0.95 if metric == "margin_rate" and metric in known else None
    note = None if value is not None else "no_rows"
    parts = dict.fromkeys(entry.get("parts", []))
    return {"metric": metric, "value": value, "text": None, "unit": entry["unit"], "coverage": coverage, "note": note, "parts": parts}


def opened(language: str = "en", **options) -> Portfolio:
    return Portfolio(json.loads(canonical(pack(**options))), language=language)


def run_all(found: Portfolio) -> None:
    show.use_style()
    for section in SECTIONS:
        getattr(portfolio, section)(found)
    show.done(found)


def markup(bundles) -> str:
    return "".join(bundle.get("text/html", "") for bundle in bundles if publish.MIME in bundle)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "options", [{}, {"rich": False}, {"size": 6000}, {"size": 1, "rich": False}], ids=["rich", "poor", "crowded", "one"]
)
def test_every_section_publishes_page_data_and_plain_text(published, language, options):
    run_all(opened(language, **options))
    contents = [bundle[publish.MIME] for bundle in published if publish.MIME in bundle]
    assert sum(content["kind"] == "section" for content in contents) == len(SECTIONS)
    assert len({content["id"] for content in contents}) == len(contents)
    assert contents[-1]["kind"] == "done" and contents[-1]["rows"][0][0] == "portfolio"
    for bundle in published[1:]:
        publish.canonical(bundle[publish.MIME])
        assert bundle["text/plain"]
    assert "nan" not in re.sub(r"<[^>]*>", " ", markup(published)).lower().replace("finan", "")


def test_a_portfolio_of_thousands_stays_short(published):
    run_all(opened(size=6000))
    assert markup(published).count("<tr") < 400
    figure = next(bundle[publish.MIME] for bundle in published if bundle.get(publish.MIME, {}).get("id") == "figure_lorenz")
    assert len(figure["rows"]) == figures.POINTS


def test_every_number_opens_a_receipt_that_is_there(published):
    run_all(opened())
    page_text = markup(published)
    assert set(re.findall(r'data-receipt="(\w+)"', page_text)) <= set(re.findall(r'id="receipt-(\w+)"', page_text))


def test_no_foreign_text_is_markup(published):
    run_all(opened(name=HOSTILE))
    assert "<script" not in markup(published) and "&lt;script&gt;" in markup(published)


def test_the_first_page_says_five_things_with_numbers():
    answers = dict(page.conclusions(opened()))
    said = {asked: answer.striptags() for asked, answer in answers.items()}
    assert said["How concentrated"].startswith("With groups joined, the largest tenth of the active customers (4 of 37) brings 45.0%")
    assert "the largest alone 25.0%. It takes 11 to make 80%." in said["How concentrated"]
    assert "Accounts that lose money: 2, together ¥40." in said["Who earns"]
    assert said["Where growth comes from"].startswith("Revenue grew 25.0% to ¥1,000. Of 40 accounts 26 gained ¥300, 14 lost ¥100.")
    assert said["What is at stake"].startswith("Accounts that stopped buying for 12 months: 1 (¥30 the year before). ")
    assert "Active accounts without an order for more than 92 days: 19 (" in said["What is at stake"]
    assert len(said) == 5


def test_F17_without_groups_concentration_is_said_of_accounts():
    told = page.conclusions(opened(rich=False))[0][1].striptags()
    assert told.startswith("The largest tenth of the active accounts (4 of 39) brings 40.0% of revenue")


def test_shrinking_begins_where_the_policy_says():
    accounts = pd.DataFrame({"revenue_amount": [90.0, 91.0, 50.0], "revenue_prior_amount": 100.0, "value_class": "mid"})
    accounts = accounts.assign(potential_class="stable", last_order_days=1.0)
    assert review.stakes(accounts, shrunk_share=0.1, dormant_days=92)["shrunk_amount"] == 60
    assert review.stakes(accounts, shrunk_share=0.5, dormant_days=92)["shrunk_count"] == 1
    found = pack()
    found["policy"]["worse.amount"] = found["policy"]["worse.amount"] | {"value": 0.15}
    told = dict(page.conclusions(Portfolio(found)))["What is at stake"].striptags()
    assert "Accounts that buy at least 15% less" in told


def test_the_back_office_card_names_every_department_and_its_targets(published):
    portfolio.back_office(opened())
    content, page_text = published[0][publish.MIME], published[0]["text/html"]
    assert [row[0] for row in content["rows"]] == ["Account", "quality", "finance", "no department", "All departments"]
    assert content["rows"][-1][1] == 113
    assert [row[:3] for row in content["parts"][0]["rows"]] == [
        ["quality", "On-time rate, whole company", "2025"],
        ["Account", "Answered within 24 hours", "2026, so far"],
    ]
    assert "kam-worse" in page_text.partition("Targets of departments")[2]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_without_departments_the_back_office_is_one_line_that_names_what_unlocks_it(published, language):
    portfolio.back_office(opened(language, rich=False))
    assert len(published) == 1 and published[0]["text/html"] == ""
    assert "tickets.department" in published[0]["text/plain"] and "promises" in published[0]["text/plain"]


def test_a_card_without_promises_names_them_below(published):
    data = pack() | {"departments_missing": ["promises"], "department_targets": {}}
    for name in ("promises_due_count", "promises_kept_count", "promises_kept_rate"):
        data["departments"][name] = [None] * 4
    portfolio.back_office(Portfolio(json.loads(canonical(data))))
    markup_of = published[0]["text/html"]
    assert "Supplying internal promises (promises) would complete this card." in markup_of and "Promises kept" not in markup_of
    assert "No department has a target" in markup_of


def test_every_cut_has_a_name():
    found = opened()
    for path in cut_paths(load_policy(), currency="CNY"):
        assert agreement.cut_name(found, path).endswith(f" ({path})")


def test_what_cannot_be_measured_names_the_table_that_helps_most():
    told = page.conclusions(opened(rich=False))[-1][1].striptags()
    assert "customer satisfaction" in told and "Supplying the table surveys would unlock the most." in told


def test_margins_that_do_not_compare_are_one_line(published):
    portfolio.profit(opened(rich=False))
    assert len(published) == 1 and published[0]["text/plain"] == "Profit: Not measured: no cost is known."


def test_who_is_not_listed_is_counted(published):
    portfolio.accounts(opened(size=6000))
    table = published[0][publish.MIME]
    assert len(table["rows"]) == 15 + 2
    listed, rest = sum(row[2] for row in table["rows"][:15]), table["rows"][15]
    assert rest[0] == "5,985 more"
    assert listed + rest[2] == pytest.approx(opened(size=6000).accounts["revenue_amount"].sum())


def test_a_class_that_nobody_has_says_why(published):
    portfolio.tiers(opened(rich=False))
    portfolio.missing(opened(rich=False))
    assert all("Spend tier: not measured – no thresholds in this currency." in bundle["text/plain"] for bundle in published)


def test_tier_and_segment_two_steps_apart_are_listed_as_a_decision(published):
    portfolio.classes(opened())
    assert [row[0] for row in published[0][publish.MIME]["rows"]] == ["Account 0", "Account 7"]


def test_bands_by_heads_and_classes_lose_nobody():
    accounts = opened().accounts
    bands, classes = review.by_heads(accounts, shares=[0.1, 0.2, 1.0]), review.by_class(accounts, "abc_class", order=["A", "B", "C"])
    assert bands["accounts_count"].sum() == 39 and classes["accounts_count"].sum() == 40
    assert bands["revenue_amount"].sum() == pytest.approx(accounts["revenue_amount"].sum())
    assert bands["revenue_share"].sum() == pytest.approx(1) == classes["revenue_share"].sum()


def test_movers_and_stakes_add_up_to_the_change():
    accounts = opened().accounts
    gains, losses = review.movers(accounts)
    change = (accounts["revenue_amount"] - accounts["revenue_prior_amount"]).sum()
    assert gains["change_amount"].sum() + losses["change_amount"].sum() == pytest.approx(change)
    stakes = review.stakes(accounts, shrunk_share=0.1, dormant_days=92)
    assert stakes["stopped_amount"] + stakes["shrunk_amount"] <= -losses["change_amount"].sum() + 1e-9


@pytest.mark.parametrize(
    ("moves", "words"),
    [([], "No class of this account changes"), (["x"], "change a class of this account: 1.")],
    ids=["firm", "not firm"],
)
def test_an_account_says_how_firm_its_classes_are(published, moves, words):
    entry = {"path": "abc.a_share", "classification": "abc_class", "change": -0.1, "from": "A", "to": "B", "is_by_coverage": 0}
    found = opened()
    found.data["sensitivity"] = [entry for _ in moves]
    firmness.sensitivity(found)
    assert words in published[0]["text/html"]


def test_moves_are_told_by_account():
    frame = pd.DataFrame(
        {"account_id": ["A", "B", "A"], "path": "p", "classification": "tier", "change_rate": 0.1, "from": [None, "x", "y"], "to": "z"}
    ).assign(is_by_coverage=False)
    found = moves_by_account(frame)
    assert [entry["from"] for entry in found["A"]] == [None, "y"] and len(found["B"]) == 1


def test_every_text_of_the_review_stands_in_both_languages():
    for key, entry in text.words()["review"].items():
        places = {language: set(re.findall(r"{(\w+)}", entry[language])) for language in ("en", "zh")}
        assert set(entry) == {"en", "zh"}, key
        assert places["en"] == places["zh"], key


def test_the_digest_counts_one_as_one_and_holds_signs_to_their_amounts(published):
    assert list(week.digest_words(opened()))[1] == "Accounts: 1 won (+¥9), 2 grew (+¥5), 1 lost (−¥4)."
    still = opened()
    still.data["week"]["revenue"]["parts"] = [["won", 0, 0.0]]
    assert not [words for words in week.digest_words(still) if "Accounts:" in words]
    portfolio.digest(opened())
    assert "(−\u2060¥4)" in published[0]["text/html"] and "−\u2060" not in json.dumps(published[0][publish.MIME], ensure_ascii=False)
    assert '<td class="kam-nobreak">2 Jul 2026</td>' in published[0]["text/html"]


def test_a_section_that_is_left_out_has_no_receipt(published):
    run_all(opened(rich=False))
    listed = published[-2]["text/html"]
    assert published[-2][publish.MIME]["id"] == "receipts" and 'id="receipt-section-portfolio_data"' in listed
    assert not [key for key in LEFT_OUT if f'id="receipt-section-portfolio_{key}"' in listed]


def test_names_beyond_the_most_are_counted():
    assert blocks.names(opened(), ["a", "b", "c"], most=2) == "a, b and 1 more"


LEFT_OUT = ["profit", "lifecycle", "qualified", "risk_radar", "loss_drill", "stage_tenure"]
LEFT_OUT += ["price_guard", "managers", "back_office", "movers", "groups", "profile"]
LEFT_OUT += ["pay_plans", "six_levers", "company_ready"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_line_sections_keep_their_ids_and_stand_under_what_cannot_be_measured(published, language):
    found = opened(language, rich=False)
    for section in [*LEFT_OUT, "tiers", "missing"]:
        getattr(portfolio, section)(found)
    *left_out, gathered = published
    ids = [bundle[publish.MIME]["id"] for bundle in left_out]
    assert ids == [f"portfolio_{name}" for name in [*LEFT_OUT, "tiers"]]
    assert all(bundle["text/html"] == "" and bundle[publish.MIME]["title"] in gathered["text/html"] for bundle in left_out)
    assert sorted(re.findall(r'<p class="kam-note" id="(\w+)"', gathered["text/html"])) == sorted(ids)


def test_nothing_is_left_out_of_a_rich_portfolio(published):
    run_all(opened())
    assert not any(bundle["text/html"] == "" for bundle in published if publish.MIME in bundle and "text/html" in bundle)


def test_attributes_that_chance_explains_are_one_line_and_no_table(published):
    data = pack()
    data["profile_ranking"]["permutation_p"] = [0.89]
    portfolio.profile(Portfolio(data))
    assert published[0]["text/html"] == "" and not published[0][publish.MIME]["rows"]
    assert "No attribute tells key accounts from the others better than chance (region p = 0.89)." in published[0]["text/plain"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({}, "Of 40 accounts 40 gained ¥300; none lost.", id="nobody lost"),
        pytest.param({"customer_status": ["new", *["kept"] * 39]}, "New accounts (1) brought 23.4% of the gains.", id="one is new"),
    ],
)
def test_what_is_zero_is_not_told(changes, said):
    data = pack()
    data["accounts"] |= {"customer_status": ["kept"] * 40, "last_order_days": [3.0] * 40, "potential_class": ["stable"] * 40} | changes
    data["accounts"] |= {"revenue_prior_amount": [0.0] * 40, "revenue_amount": [1000.0 / (n + 1) for n in range(40)]}
    answers = {asked: answer.striptags() for asked, answer in page.conclusions(Portfolio(data))}
    assert said in answers["Where growth comes from"] and (
        "New accounts" in said or "New accounts" not in answers["Where growth comes from"]
    )
    assert answers["What is at stake"] == "Every active account ordered within 92 days, and none buys 10% less."


def test_groups_and_managers_that_are_not_there_are_not_counted_at_the_top():
    assert [name for name, _ in page.identity(opened(rich=False))] == ["Accounts", "Active in 12 months", "Core accounts"]
    assert [name for name, _ in page.identity(opened())][3:] == ["Groups", "Managers"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_potential_that_is_not_measured_is_said_in_full_on_the_first_page_and_at_the_matrix(published, language):
    portfolio.matrix(opened(language, rich=False))
    told = text.say("tells_unrated", language=language, group="review", count="39", all="39")
    assert told in published[0]["text/html"] and told in page.conclusions(opened(language, rich=False))[-1][1].striptags()
    assert "matrix_unmeasured" not in text.words()["review"]
    portfolio.matrix(opened(language))
    assert told[-12:] not in published[1]["text/html"]


def test_claims_stand_below_the_measures_and_no_cell_is_empty(published):
    portfolio.concentration(opened())
    table, markup_of = published[0][publish.MIME], published[0]["text/html"]
    assert [column["id"] for column in table["columns"]] == ["measure", "by_groups", "single_accounts"]
    assert all(cell for row in table["rows"] for cell in row)
    assert "the top 10% make 38% [S4a]; the top 20% make 80%" in markup_of


def test_percentages_have_one_style_in_both_languages(published):
    for language in ("en", "zh"):
        run_all(opened(language))
        run_all(opened(language, rich=False))
    assert re.findall(r"\d[\s\u00a0]%", re.sub(r"<[^>]*>", " ", markup(published).replace("</b>%", "%"))) == []


def test_weights_that_nobody_has_the_input_for_are_named_and_coverage_alone_is_not_counted(published):
    data = pack()
    paths = ["potential.weights.outlook", "potential.weights.headroom", "potential.weights.headroom", "abc.a_share"]
    summary = {"path": paths, "classification": ["segment"] * 3 + ["abc_class"], "change_rate": [0.1, -0.1, 0.1, 0.1]}
    summary |= {"value_before": [20.0, 30.0, 30.0, 0.8], "moved_count": [None, 18.0, 1.0, 2.0], "accounts_count": [None, 40.0, 40.0, 40.0]}
    data["sensitivity"] = summary | {"by_coverage_count": [None, 18.0, 0.0, 0.0], "note": ["no_input", None, None, None]}
    portfolio.sensitivity(Portfolio(data))
    shown, content = published[0]["text/html"], published[0][publish.MIME]
    assert "The widest effect: end of class A (abc.a_share), 2 accounts." in shown
    assert [row[0] for row in content["rows"]] == ["Weight of headroom (potential.weights.headroom)", "End of class A (abc.a_share)"]
    assert content["rows"][0][2:4] == ["0", "1"]
    assert "Left out, since no account has the input: weight of outlook (potential.weights.outlook)." in shown
    assert "weight of headroom (potential.weights.headroom): 18." in shown


def test_firm_classes_still_name_the_weights_that_were_not_tried(published):
    data = pack(rich=False)
    data["sensitivity"] |= {"path": ["potential.weights.outlook"], "moved_count": [None], "by_coverage_count": [None], "note": ["no_input"]}
    portfolio.sensitivity(Portfolio(data))
    shown = published[0]["text/html"]
    assert "No account changes a class" in shown and "Nobody moves with" not in shown
    assert "Left out, since no account has the input: weight of outlook" in shown


@pytest.mark.parametrize(
    "name", sorted({part for entry in playbook("metrics").values() for name in entry["inputs"] for part in name.split(" or ")})
)
def test_every_input_that_may_be_missing_has_a_name_beside_its_key(name):
    table, _, column = name.partition(".")
    for language in ("en", "zh"):
        assert re.search(rf"[(（]{table}[)）]|the table {table}$", text.input_name(table, language=language))
        if not TABLES[table].by_name[column].required:
            assert re.fullmatch(rf".+[(（]{name}[)）]", text.input_name(name, language=language))


def test_names_within_a_sentence_are_small():
    told = page.conclusions(opened(rich=False))[-1][1].striptags()
    assert "Not measured: profit margin, DSO," in told and "forecast accuracy, customer satisfaction" in told
