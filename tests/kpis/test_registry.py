"""The registry tells the truth: its formulas give the numbers again, and every number has its entry."""

import random
from pathlib import Path

import pandas as pd
import pytest

from kamlib import groups, kpis, lifecycle, scorecards, segments, selection
from kamlib.data.engagement import load_engagement
from kamlib.data.history import known_at
from kamlib.data.read import read
from kamlib.data.schema import TABLES
from kamlib.playbook import playbook
from kamlib.policy import default_leaves, load_policy
from kamlib.receipts import is_arithmetic, recompute
from kamlib.scores import score
from kamlib.scores.choice import choice as chosen_accounts
from kamlib.scores.choice import spare
from kamlib.scores.facts import daily_facts
from kamlib.scores.knowledge import knowledge
from kamlib.scores.people import new_effort, people
from kamlib.scores.price import price_levels, prices
from kamlib.scores.risk import early_warning, summed, worth
from kamlib.scores.service import service_costs, summed_costs

ROOT = Path(__file__).resolve().parents[2]
POLICY = load_policy()
REGISTRY = playbook("metrics")
UNITS = {"amount", "share", "rate", "ratio", "days", "months", "count", "score", "class", "flag", "index"}
SUFFIX_UNITS = {"amount", "share", "rate", "ratio", "days", "months", "count", "score", "flag", "class"}
NOT_METRICS = ("_note", "_coverage")


@pytest.fixture(scope="module")
def measured(book):
    """Give every frame of numbers at one date, over the small book with a full set of tables."""
    rng, day = random.Random(3), pd.Timestamp("2026-06-30").date()
    owners = pd.DataFrame({"account_id": list(book.manager_of), "manager_id": list(book.manager_of.values()), "portfolio": "all"})
    accounts = owners.assign(
        annual_wallet=[900.0, 5000.0, None, 70.5, 3.0, 800.0], industry_growth=0.1, outlook="stable", product_line="Pumps"
    )
    forecasts = owners.merge(pd.DataFrame({"period": ["2026-04", "2026-05"], "forecast": [90.0, 300.0]}), how="cross")
    surveys = owners.merge(pd.DataFrame({"score": [9.0, 10, 3, 7, 6, 2]}), how="cross")
    surveys = surveys.assign(contact_id=[f"c{rng.randrange(99)}" for _ in range(len(surveys))], date=pd.Timestamp("2026-05-02"))
    surveys = surveys.assign(scale_min=0.0, scale_max=10.0, question="recommend")
    market = pd.DataFrame({"product_line": ["Pumps"] * 2, "portfolio": "all", "period": ["2025Q3", "2025Q4"], "size": [4e4, 5e4]})
    market = pd.concat([market, market.assign(period=["2026Q1", "2026Q2"])])
    orders, by = book.orders_frame.assign(product_line="Pumps"), {"as_of": day, "by": "account_id"}
    revenue = kpis.revenue(orders, **by)
    accounts = kpis.known_wallets(accounts, None, as_of=day)
    wallet, growth = kpis.wallet_share(orders, accounts, **by), kpis.growth(orders, **by)
    potential = segments.potential_score(
        accounts.set_index("account_id").join(wallet["wallet_share"]).join(growth["growth_rate"]),
        rules=POLICY.potential,
        minimum_coverage=0.5,
    )
    tenure = lifecycle.tenure_months(
        kpis.first_order_date(orders, as_of=day).to_frame().assign(signed_on=pd.NaT).astype({"signed_on": "datetime64[us]"}), as_of=day
    )
    sold = revenue["revenue_amount"]
    per_account = [
        revenue,
        kpis.margin(orders, **by),
        growth,
        kpis.receivables(book.invoices_frame, book.payments_frame, rules=POLICY.receivables, **by),
        kpis.forecast(orders, forecasts, **by),
        kpis.satisfaction(surveys, rules=POLICY.nps, **by),
        wallet,
        kpis.delivery(orders, **by),
        kpis.customer_status(orders, as_of=day, rules=POLICY.customers),
        selection.revenue_rank(sold).to_frame(),
        selection.abc_class(sold, cuts=POLICY.abc).to_frame(),
        potential.join(wallet["wallet_share"]),
        segments.value_potential_matrix(potential.assign(revenue_amount=sold), cuts=POLICY.matrix),
        segments.tier(sold, currency="CNY", tiers=POLICY.tiers),
        segments.stars(orders, as_of=day, currency="CNY", rules=POLICY.stars),
        tenure.join(lifecycle.lifecycle_stage(tenure["tenure_months"], cuts=POLICY.lifecycle)),
    ]
    of_all = [
        kpis.retention(orders, as_of=day, by="portfolio"),
        kpis.new_customer_rate(orders, as_of=day, rules=POLICY.customers, by="portfolio"),
        kpis.market_share(orders.assign(portfolio="all"), market, as_of=day, by="portfolio"),
        selection.concentration(owners.set_index("account_id").join(sold).fillna({"revenue_amount": 0.0}), by="portfolio"),
    ]
    per_account += beyond_the_ten(orders, accounts, sold, day, "account_id")
    of_all += beyond_the_ten(orders, accounts, sold, day, "portfolio")
    judged = on_people_and_risk()
    return {"account": [*per_account, *judged[:-1]], "portfolio": [*of_all, judged[-1]]}


def on_people_and_risk():
    """Give the numbers on people, relationship, risk and value over the sample, for accounts and at last for all together."""
    engagement = load_engagement(ROOT / "params" / "sample.yaml")
    tables, policy, day = read(engagement), engagement.policy, engagement.as_of
    facts, values = daily_facts(known_at(tables, day), day), score(tables, engagement).values["account"]
    warned = early_warning(facts, values, policy, day)
    bare = values[["lifecycle_stage", "tenure_months", "revenue_amount", "revenue_prior_amount"]]
    of_people = people(facts, bare, policy, day, engagement.fiscal_year_start)
    gap = warned[["order_rhythm_ratio", "usual_gap_days"]].join(values["last_order_days"])
    valued = worth(values[["margin_amount", "margin_rate_coverage", "revenue_amount", "relationship_stage", "loss_risk"]], policy)
    valued = valued.join(values[["margin_amount", "revenue_amount"]])
    owner = pd.Series("all", index=values.index, name="portfolio")
    chosen = chosen_accounts(facts, values, policy, day).join(spare(facts, policy, day))
    chosen = chosen.join(knowledge(facts, tables.plans, values.index, day)).join(values["margin_amount"])
    effort = new_effort({"interactions": facts["interactions"].assign(portfolio="all")}, values["tenure_months"], policy, day, "portfolio")
    together = summed(values, owner).join(effort)
    priced = price_levels(prices(tables, facts, values, policy, day), tables, values.index)
    chosen = chosen.join(priced)
    costs = service_costs(tables, facts, values, policy, day, engagement.currency).join(values["revenue_amount"])
    first = lifecycle.first_contact_ownership(facts["tickets"].assign(portfolio="all"), as_of=day, by="portfolio")
    together = together.join(first).join(summed_costs(costs, owner, pd.Series({"all": costs["revenue_amount"].sum()})))
    chosen = chosen.join(costs)
    gap = gap.join(lifecycle.first_contact_ownership(facts["tickets"], as_of=day))
    return [of_people.join(values["revenue_amount"]), warned.drop(columns="order_rhythm_ratio"), gap, valued, chosen, together]


def beyond_the_ten(orders, accounts, sold, day, by):
    """Give the numbers of cadence, service, cards, groups, profit and rhythm, for accounts or for all."""
    began = accounts.assign(
        signed_on=pd.Timestamp("2024-01-31"), first_order_date=pd.NaT, segment="core", revenue_amount=accounts["account_id"].map(sold)
    )
    began = began.astype({"first_order_date": "datetime64[us]"})
    days = pd.date_range("2025-01-03", day, periods=90)
    touches = pd.DataFrame(
        {"account_id": list(began["account_id"]) * 15, "date": days.normalize(), "kind": ["visit", "review", "event"] * 30}
    )
    slots = lifecycle.cadence_slots(began, touches, as_of=day, cuts=POLICY.lifecycle)
    slots, tickets = (rows.merge(began[["account_id", "portfolio"]], on="account_id") for rows in (slots, touches.iloc[30:]))
    opened = tickets["date"] + pd.Timedelta(hours=9)
    tickets = tickets.assign(kind="fault", opened_at=opened, first_response_at=opened + pd.Timedelta(minutes=50), resolved_at=opened)
    frames = [
        lifecycle.cadence_compliance(slots, by=by),
        lifecycle.service_levels(tickets, began, as_of=day, cuts=POLICY.lifecycle, by=by),
        kpis.wallet_share(orders, accounts, as_of=day, by=by).join(kpis.wallet_gain(orders, accounts, as_of=day, by=by)),
    ]
    if by == "account_id":
        cards = pd.DataFrame({"id": began["account_id"], "metric": "revenue_amount", "score": 90.0})
        return [*frames, selection.order_rhythm(orders, as_of=day, rules=POLICY.profile), scorecards.scorecard(cards, minimum_coverage=0.5)]
    promises = pd.DataFrame({"portfolio": "all", "due": days, "kept_on": days})
    figures = began.assign(margin_amount=[5.0, 4, 3, 2, 1, -2], revenue_prior_amount=7.0, group_id=["A1", "A1", "A3", "A4", "A5", "A6"])
    return [
        *frames,
        scorecards.promises_kept(promises, as_of=day, by=by),
        groups.group_concentration(figures.fillna({"revenue_amount": 0.0}), by=by),
        selection.profit_pareto(figures, pd.Series({"all": 0.9}), by=by, rules=POLICY.profit),
        selection.growth_pareto(figures, by=by),
    ]


def test_every_number_that_is_computed_has_its_entry_and_every_entry_is_computed(measured):
    computed = {name for frames in measured.values() for frame in frames for name in frame if not name.endswith(NOT_METRICS)}
    assert computed == set(REGISTRY)


def test_every_entry_names_the_level_at_which_it_is_computed(measured):
    for level, frames in measured.items():
        for name in {name for frame in frames for name in frame if not name.endswith(NOT_METRICS)}:
            assert level in REGISTRY[name]["level"], name


def test_every_arithmetic_formula_gives_the_computed_number_again(measured):
    compared = set()
    for frame in (frame for frames in measured.values() for frame in frames):
        for metric in (name for name in frame if name in REGISTRY and is_arithmetic(REGISTRY[name]["formula"])):
            entry = REGISTRY[metric]
            if not set(entry["parts"]) <= set(frame):
                continue  # the same number stands in another frame beside its parts
            for _, row in frame[frame[metric].notna()].iterrows():
                parts = {part: float(row[part]) for part in entry["parts"]}
                assert recompute(entry["formula"], parts) == pytest.approx(row[metric]), metric
                compared.add(metric)
    arithmetic = {name for name, entry in REGISTRY.items() if is_arithmetic(entry["formula"])}
    assert compared == arithmetic
    assert len(arithmetic) == 57


def test_numbers_stay_within_what_their_unit_means(measured):
    for frame in (frame for frames in measured.values() for frame in frames):
        for name in (
            name
            for name in frame
            if name in REGISTRY and REGISTRY[name]["unit"] in {"flag", "count", "months"} and not name.endswith("effective_accounts_count")
        ):
            values = frame[name].dropna()
            assert (values == values.round()).all(), name
        for name in (name for name in frame if name.endswith("_coverage")):
            assert frame[name].dropna().between(0, 1).all(), name


@pytest.mark.parametrize("metric", list(REGISTRY))
def test_entry_is_whole(metric):
    entry = dict(REGISTRY[metric])
    assert entry.pop("per_account", "portfolio_measure") == "portfolio_measure"
    assert entry.pop("above", "sum over the accounts") == "sum over the accounts"
    assert list(entry) == ["level", "unit", "better", "formula", "parts", "inputs", "policy", "source", "kpi", "en", "zh"]
    assert set(entry["level"]) <= {"account", "group", "manager", "portfolio"}
    assert entry["level"] and entry["unit"] in UNITS and entry["better"] in {"higher", "lower", "none"}
    assert set(entry["parts"]) <= set(REGISTRY) and set(entry["policy"]) <= set(default_leaves())
    assert entry["kpi"] in {None, *range(1, 11)} and entry["source"]
    for name in (choice for names in entry["inputs"] for choice in names.split(" or ")):
        table, column = name.split(".")
        assert column in TABLES[table].by_name, name
    for language in ("en", "zh"):
        assert list(entry[language]) == ["name", "meaning"] and all(entry[language].values())
    assert any("\u4e00" <= char <= "\u9fff" for char in entry["zh"]["meaning"])


def test_names_are_told_apart_in_both_languages():
    for language in ("en", "zh"):
        names = [entry[language]["name"] for entry in REGISTRY.values()]
        assert len(names) == len(set(names))


def test_F12_what_only_several_accounts_have_is_asked_of_every_level():
    named = {name for name, entry in REGISTRY.items() if "per_account" in entry}
    assert named == {
        *("new_customer_rate", "retention_rate", "gross_retention_rate", "net_retention_rate", "market_share"),
        *("gini_ratio", "hhi_ratio", "effective_accounts_count", "largest_revenue_share"),
        *("top10_revenue_share", "top20_revenue_share", "accounts_for_80_count"),
    }
    assert all(REGISTRY[name]["level"] == ["account", "group", "manager", "portfolio"] for name in named)


def test_suffix_gives_the_unit():
    for metric, entry in REGISTRY.items():
        suffix = metric.rsplit("_", 1)[-1]
        if suffix in SUFFIX_UNITS and metric != "late_amount_days":
            assert entry["unit"] == suffix, metric


def test_each_of_the_ten_kpis_is_there():
    assert {entry["kpi"] for entry in REGISTRY.values()} == {None, *range(1, 11)}
