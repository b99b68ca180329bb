"""The sample client's stories: what is planted shows in plain arithmetic on the CSVs, nobody else shows it, nothing else fires."""

from __future__ import annotations

import csv
import operator
import re
import unicodedata
from collections import defaultdict
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from statistics import mean, quantiles

import pytest

from kamlib.data.sample import DEMO_ACCOUNTS, QUIET_ACCOUNTS, STORIES

FOLDER = Path(__file__).parents[2] / "params" / "sample"
D = date(2026, 6, 30)
LAST_YEAR, YEAR_BEFORE = date(2025, 6, 30), date(2024, 6, 30)
LAST_QUARTER, SAME_QUARTER = (date(2026, 3, 31), D), (date(2025, 3, 31), LAST_YEAR)
MONTH_ENDS = [date(2025 + (6 + k) // 12, (6 + k) % 12 + 1, 1) - timedelta(days=1) for k in range(13)]
OPERATORS = {"<=": operator.le, ">=": operator.ge}
AUTHORITY = {"staff": 0.03, "manager": 0.08, "director": 0.15, "executive": 0.25}


@cache
def table(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def by_account(name):
    rows = defaultdict(list)
    for row in table(name):
        rows[row["account_id"]].append(row)
    return rows


def day(text):
    return date.fromisoformat(text[:10])


def within(rows, column, window):
    return [row for row in rows if row[column] and window[0] < day(row[column]) <= window[1]]


def cny(line, column="net_revenue"):
    known = (
        [float(row["rate"]) for row in table("rates") if day(row["date"]) <= day(line["order_date"])]
        if line["currency"] == "EUR"
        else [1.0]
    )
    return float(line[column]) * known[-1]


def account(account_id):
    return next(row for row in table("accounts") if row["account_id"] == account_id)


@cache
def revenue(account_id, window=(LAST_YEAR, D)):
    return sum(cny(line) for line in within(by_account("orders")[account_id], "order_date", window))


def prior(account_id):
    return revenue(account_id, (YEAR_BEFORE, LAST_YEAR))


def active_accounts():
    return [row["account_id"] for row in table("accounts") if revenue(row["account_id"]) > 0]


def change(now, before):
    return now / before - 1 if before > 0 else float("nan")


def order_change(account_id):
    return change(revenue(account_id, LAST_QUARTER), revenue(account_id, SAME_QUARTER))


def usage_change(account_id):
    hours = {row["month"]: float(row["amount"]) for row in by_account("usage")[account_id]}
    return change(sum(hours.get(f"2026-0{m}", 0) for m in (4, 5, 6)), sum(hours.get(f"2025-0{m}", 0) for m in (4, 5, 6)))


def margin(account_id):
    known = [line for line in within(by_account("orders")[account_id], "order_date", (LAST_YEAR, D)) if line["cost"]]
    sales = sum(cny(line) for line in known)
    return 1 - sum(cny(line, "cost") for line in known) / sales if sales > 0 else float("nan")


@cache
def paid_by_invoice():
    paid = defaultdict(list)
    for row in table("payments"):
        paid[row["invoice_id"]].append((day(row["paid_on"]), float(row["amount"])))
    return paid


def balance(account_id, on):
    rows = [row for row in by_account("invoices")[account_id] if day(row["invoice_date"]) <= on]
    came_in = sum(part for row in by_account("invoices")[account_id] for paid, part in paid_by_invoice()[row["invoice_id"]] if paid <= on)
    return sum(float(row["amount"]) for row in rows) - came_in


def invoiced(account_id, window=(LAST_YEAR, D)):
    return sum(float(row["amount"]) for row in within(by_account("invoices")[account_id], "invoice_date", window))


def dso(account_id):
    sales = invoiced(account_id)
    return 365 * mean(balance(account_id, end) for end in MONTH_ENDS) / sales if sales > 0 else float("nan")


def dso_countback(account_id):
    left, days = balance(account_id, D), 0.0
    for start, end in zip(MONTH_ENDS[-2::-1], MONTH_ENDS[:0:-1], strict=True):
        month = invoiced(account_id, (start, end))
        if month > left:
            return days + max(0.0, left) / month * (end - start).days
        left, days = left - max(0.0, month), days + (end - start).days
    return float("nan")


def overdue_share(account_id):
    rows = by_account("invoices")[account_id]
    late = sum(
        float(row["amount"]) - sum(part for _, part in paid_by_invoice()[row["invoice_id"]]) for row in rows if day(row["due_date"]) < D
    )
    owed = balance(account_id, D)
    return max(0.0, late) / owed if owed > 1 else float("nan")


def days_late(account_id, window):
    weighted = [
        (abs(part), max(0, (paid - day(row["due_date"])).days))
        for row in within(by_account("invoices")[account_id], "due_date", window)
        for paid, part in [
            *paid_by_invoice()[row["invoice_id"]],
            *([(D, float(row["amount"]))] if not paid_by_invoice()[row["invoice_id"]] else []),
        ]
    ]
    return sum(part * late for part, late in weighted) / sum(part for part, _ in weighted) if weighted else float("nan")


def tenure_months(account_id):
    signed = account(account_id)["signed_on"]
    start = day(signed) if signed else D
    return (D.year - start.year) * 12 + D.month - start.month - (D.day < start.day)


def stage_lag(account_id):
    levels = [int(row["level"]) for row in by_account("assessments")[account_id] if row["item"].startswith("relationship.")]
    if len(levels) < 4:
        return float("nan")
    reached = [s for s in (1, 2, 3, 4) if 3 * sum(r >= s for r in levels) >= 2 * len(levels) and min(levels) >= s - 1]
    return sum(tenure_months(account_id) >= cut for cut in (0, 3, 12, 36)) - max(reached)


def potential(account_id):
    row = account(account_id)
    if not row["annual_wallet"] or prior(account_id) <= 0:
        return float("nan")
    industry = min(1, max(0, float(row["industry_growth"]) / 0.2))
    own = min(1, max(0, (change(revenue(account_id), prior(account_id)) + 0.2) / 0.5))
    outlook = {"growing": 1, "stable": 0.6, "declining": 0}[row["outlook"]]
    return 30 * industry + 30 * max(0, 1 - wallet_share(account_id)) + 20 * own + 20 * outlook


def wallet_share(account_id):
    wallet = account(account_id)["annual_wallet"]
    return revenue(account_id) / float(wallet) if wallet else float("nan")


@cache
def order_discounts(account_id):
    sums = defaultdict(lambda: [0.0, 0.0])
    for line in within(by_account("orders")[account_id], "order_date", (LAST_YEAR, D)):
        if not line["returns_of"]:
            sums[line["order_id"]][0] += float(line["net_revenue"])
            sums[line["order_id"]][1] += float(line["list_price"])
    return {order_id: 1 - net / listed for order_id, (net, listed) in sums.items()}


def beyond_authority(account_id):
    level = {row["order_id"]: row["level"] for row in table("approvals")}
    discounts = order_discounts(account_id)
    beyond = [order_id for order_id, given in discounts.items() if given > AUTHORITY[level.get(order_id, "staff")] + 1e-9]
    return len(beyond) / len(discounts) if discounts else 0.0


def active_contacts(account_id):
    present = {row["contact_id"] for row in by_account("contacts")[account_id] if not row["left_on"] or day(row["left_on"]) > D}
    return present & {row["contact_id"] for row in within(by_account("interactions")[account_id], "date", (date(2025, 12, 31), D))}


def complaints(account_id):
    return sum(row["kind"] == "complaint" for row in within(by_account("tickets")[account_id], "opened_at", (LAST_YEAR, D)))


def on_time(account_id):
    due = [row for row in within(by_account("orders")[account_id], "promised_on", (LAST_YEAR, D)) if float(row["quantity"]) > 0]
    return sum(row["delivered_on"] != "" and row["delivered_on"] <= row["promised_on"] for row in due) / len(due) if due else float("nan")


def customer_on_time(account_id):
    told = [row for row in by_account("outcomes")[account_id] if row["measure"].startswith("on-time")]
    return float(max(told, key=lambda row: row["period"])["actual"]) if told else float("nan")


def bare_name(text):
    text = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"co\.,? ?ltd\.?|ltd\.?|gmbh|股份有限公司|有限公司|[ .,]", "", text)


def channel_conflicts(account_id):
    mine = account(account_id)
    others = [row for row in table("accounts") if row["account_id"] != account_id and row["channel"] != mine["channel"]]
    alike = [row for row in others if SequenceMatcher(None, bare_name(row["name"]), bare_name(mine["name"])).ratio() >= 0.9]
    return len({row["account_id"] for row in alike + [row for row in others if row["tax_id"] == mine["tax_id"]]})


def sites(account_id):
    return [row["account_id"] for row in table("accounts") if row["parent_id"] == account_id]


def quotes(account_id):
    recent = within(by_account("events")[account_id], "date", (D - timedelta(days=90), D))
    return sum(row["kind"] == "competitor_quote" for row in recent)


def open_leavers(account_id):
    events = by_account("events")[account_id]
    handed = {row["contact_id"] for row in events if row["kind"] == "handover_done"}
    return sum(row["kind"] == "contact_left" and row["contact_id"] not in handed for row in events)


MEASURES = {
    "revenue_amount": revenue,
    "revenue_prior_amount": prior,
    "revenue_rank": lambda a: 1 + sum(revenue(other) > revenue(a) for other in active_accounts()),
    "active_contacts_count": lambda a: len(active_contacts(a)),
    "order_change_rate": order_change,
    "usage_change_rate": usage_change,
    "complaints_count": complaints,
    "margin_rate": margin,
    "potential_score": potential,
    "wallet_share": wallet_share,
    "dso_days": dso,
    "dso_to_countback_ratio": lambda a: dso(a) / dso_countback(a) if dso_countback(a) > 0 else float("nan"),
    "overdue_share": overdue_share,
    "last_quarter_share": lambda a: revenue(a, LAST_QUARTER) / revenue(a) if revenue(a) > 0 else float("nan"),
    "channel_conflicts_count": channel_conflicts,
    "stage_lag_count": stage_lag,
    "discount_rate": lambda a: mean(order_discounts(a).values()) if order_discounts(a) else float("nan"),
    "beyond_authority_share": beyond_authority,
    "price_sensitivity": lambda a: float(account(a)["price_sensitivity"]),
    "competitor_quotes_count": quotes,
    "open_leavers_count": open_leavers,
    "on_time_rate": on_time,
    "customer_on_time_share": customer_on_time,
    "is_listed_active": lambda a: account(a)["status"] == "active",
    "tenure_months": tenure_months,
    "sites_count": lambda a: len(sites(a)),
    "group_revenue_amount": lambda a: revenue(a) + sum(revenue(site) for site in sites(a)),
}


def shows(story, account_id):
    """Whether each condition of the story holds for the account."""
    return [OPERATORS[comparison](MEASURES[measure](account_id), value) for measure, comparison, value in story.shows]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.key)
def test_what_is_planted_shows_in_the_numbers(story):
    readings = {measure: MEASURES[measure](story.account_id) for measure, _, _ in story.shows}
    assert all(shows(story, story.account_id)), readings


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.key)
def test_nobody_else_shows_the_story(story):
    own = {story.account_id, *story.also}
    others = [row["account_id"] for row in table("accounts") if row["account_id"] not in own]
    assert [account_id for account_id in others if all(shows(story, account_id))] == []


def test_story_keys_accounts_and_titles_are_distinct():
    for names in ([s.key for s in STORIES], [s.account_id for s in STORIES], [s.en for s in STORIES], [s.zh for s in STORIES]):
        assert len(set(names)) == len(STORIES)
    assert set(DEMO_ACCOUNTS) <= {story.account_id for story in STORIES}
    assert all(story.name == account(story.account_id)["name"] for story in STORIES)


def segment(account_id):
    rank, n = MEASURES["revenue_rank"](account_id), len(active_accounts())
    value = "top" if rank <= -(-n // 10) else "mid" if 2 * rank <= n else "low"
    potential_class = "high" if potential(account_id) >= 60 else "stable" if potential(account_id) >= 35 else "declining"
    if value == "top":
        return "maintain" if potential_class == "declining" else "core"
    return "grow" if potential_class == "high" else "maintain" if value == "mid" else "optimise"


@pytest.mark.parametrize("account_id", [a for a, role in DEMO_ACCOUNTS.items() if role in {"core", "grow", "maintain", "optimise"}])
def test_demo_accounts_stand_in_the_segment_they_show(account_id):
    assert segment(account_id) == DEMO_ACCOUNTS[account_id]


def quiet_signals(account_id):
    """Readings of the early warning of which each must stay on the quiet side: name to (reading, highest quiet reading)."""
    bought = sorted({day(line["order_date"]) for line in by_account("orders")[account_id] if float(line["quantity"]) > 0})
    gaps = [(later - earlier).days for earlier, later in zip(bought, bought[1:], strict=False)]
    usual_gap = quantiles(gaps, n=10, method="inclusive")[8] if len(gaps) >= 4 else 366
    granted = {"core": 31, "grow": 92, "maintain": 183, "optimise": 366}[segment(account_id)]
    last_touch = max(day(row["date"]) for row in by_account("interactions")[account_id])
    waves = defaultdict(list)
    for row in by_account("surveys")[account_id]:
        low, high = float(row["scale_min"]), float(row["scale_max"])
        waves[row["date"]].append(100 * (float(row["score"]) - low) / (high - low))
    answers = [mean(waves[wave]) for wave in sorted(waves)][-2:]
    recent, before = (date(2026, 3, 31), D), (date(2025, 3, 31), date(2026, 3, 31))
    return {
        "order drop": (-order_change(account_id), 0.10),
        "usage drop": (-usage_change(account_id), 0.10),
        "rhythm": ((D - bought[-1]).days / usual_gap, 1.0),
        "payment delay": (days_late(account_id, recent) - days_late(account_id, before), 5.0),
        "contact gap": ((D - last_touch).days / granted, 1.0),
        "contact change": (open_leavers(account_id), 0),
        "no backup": (-len(active_contacts(account_id)), -2),
        "competitor": (quotes(account_id), 0),
        "unconfirmed change": (unconfirmed_changes(account_id), 0),
        "service": (late_tickets(account_id), 0),
        "satisfaction drop": (answers[0] - answers[1] if len(answers) == 2 else 0.0, 5.0),
        "renewal": (renewal_missed(account_id), 0),
        "young relationship": (stage_lag(account_id), 1),
        "beyond authority": (beyond_authority(account_id), 0.0),
    }


def unconfirmed_changes(account_id):
    kinds = [row["kind"] for row in by_account("events")[account_id]]
    return kinds.count("change_request") - kinds.count("change_confirmed")


def late_tickets(account_id):
    def hours(row, column):
        return (datetime.fromisoformat(row[column]) - datetime.fromisoformat(row["opened_at"])).total_seconds() / 3600

    recent = within(by_account("tickets")[account_id], "opened_at", (D - timedelta(days=90), D))
    return sum(
        hours(row, "first_response_at") > (24 if row["kind"] == "complaint" else 1) or hours(row, "resolved_at") > 48 for row in recent
    )


def renewal_missed(account_id):
    end = account(account_id)["contract_end"]
    return int(bool(end) and day(end) <= D + timedelta(days=180))


@pytest.mark.parametrize("account_id", QUIET_ACCOUNTS)
def test_no_signal_fires_where_nothing_is_planted(account_id):
    fired = {name: reading for name, (reading, quiet) in quiet_signals(account_id).items() if reading > quiet + 1e-9}
    assert fired == {}


def test_the_quiet_are_the_majority():
    assert len(QUIET_ACCOUNTS) > len(active_accounts()) / 2


def portfolio(measure):
    values = [measure(account_id) for account_id in active_accounts()]
    return sum(value for value in values if value == value)


def forecast_accuracy():
    actual = defaultdict(float)
    for line in table("orders"):
        actual[line["account_id"], line["order_date"][:7]] += cny(line)
    told = [(row, actual[row["account_id"], row["period"]]) for row in table("forecasts") if "2025-07" <= row["period"] <= "2026-06"]
    return 1 - sum(abs(value - float(row["forecast"])) for row, value in told) / sum(value for _, value in told)


def gini():
    ordered = sorted(revenue(account_id) for account_id in active_accounts())
    n = len(ordered)
    return 2 * sum(i * x for i, x in enumerate(ordered, 1)) / (n * sum(ordered)) - (n + 1) / n


def test_looks_like_a_real_company():
    everyone = [row["account_id"] for row in table("accounts")]
    prior_active = [account_id for account_id in everyone if prior(account_id) > 0]
    owed = mean(sum(balance(account_id, end) for account_id in everyone) for end in MONTH_ENDS)
    answers = within(table("surveys"), "date", (LAST_YEAR, D))
    liked = [(float(r["score"]) - float(r["scale_min"])) / (float(r["scale_max"]) - float(r["scale_min"])) for r in answers]
    due = [r for r in within(table("orders"), "promised_on", (LAST_YEAR, D)) if float(r["quantity"]) > 0]
    readings = {
        "tier strategic": (sum(revenue(a) >= 5e6 for a in everyone), 5, 6),
        "tier key": (sum(1e6 <= revenue(a) < 5e6 for a in everyone), 10, 20),
        "tier basic": (sum(5e5 <= revenue(a) < 1e6 for a in everyone), 8, 15),
        "Gini": (gini(), 0.55, 0.65),
        "growth": (sum(map(revenue, everyone)) / sum(map(prior, everyone)) - 1, 0.03, 0.14),
        "retention": (sum(revenue(a) > 0 for a in prior_active) / len(prior_active), 0.86, 0.95),
        "margin": (portfolio(lambda a: margin(a) * revenue(a)) / portfolio(revenue), 0.15, 0.35),
        "DSO": (365 * owed / sum(map(invoiced, everyone)), 40, 80),
        "satisfaction": (100 * mean(liked), 60, 90),
        "on time": (mean(r["delivered_on"] != "" and r["delivered_on"] <= r["promised_on"] for r in due), 0.85, 0.98),
        "forecast accuracy": (forecast_accuracy(), 0.70, 0.90),
    }
    assert {name: value for name, (value, low, high) in readings.items() if not low <= value <= high} == {}


def test_one_manager_is_overloaded():
    spans = sorted(sum(row["manager_id"] == manager["manager_id"] for row in table("accounts")) for manager in table("managers"))
    assert spans[-1] >= 14
    assert spans[-2] <= 10
