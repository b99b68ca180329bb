"""M2 and M7: every component at its ends, every verdict over the whole grid, peers against a plain loop."""

from __future__ import annotations

import random
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib.data.engagement import load_engagement
from kamlib.data.read import read
from kamlib.policy import StressRules, load_policy
from kamlib.scores import score
from kamlib.segments import whitespace
from kamlib.selection import COMPONENTS, continuity, high_margin, qualification, stress_test, weight_moves

POLICY = load_policy()
RULES = POLICY.qualification
DAY = date(2026, 6, 30)
ROOT = Path(__file__).resolve().parents[2]
BEST = {"revenue_amount": 9.0, "orders_count": 4.0, "fit": 5.0, "purchasing_mode": "central", "service_need": 5.0, "price_sensitivity": 1.0}
BEST |= {"partnership_desire": 5.0, "continuity_gate_flag": 1.0, "continuity_score": 100.0, "high_margin_score": 100.0}


def judged(*rows, coverage=0.5, values=5):
    return qualification(pd.DataFrame(rows), rules=RULES, minimum_coverage=coverage, minimum_values=values)


@pytest.mark.parametrize(
    ("given_", "component", "wanted"),
    [
        ({"purchasing_mode": "central"}, "central_purchasing", 100),
        ({"purchasing_mode": "mixed"}, "central_purchasing", 50),
        ({"purchasing_mode": "dispersed"}, "central_purchasing", 0),
        *(({"service_need": float(x)}, "service_need", 25 * (x - 1)) for x in range(1, 6)),
        *(({"partnership_desire": float(x)}, "partnership", 25 * (x - 1)) for x in range(1, 6)),
        *(({"price_sensitivity": float(x)}, "price_tolerance", 25 * (5 - x)) for x in range(1, 6)),
    ],
)
def test_rulings_F20_scales(given_, component, wanted):
    assert judged(BEST | given_)[f"{component}_score"].item() == wanted


def test_volume_is_a_percentile_among_active_accounts():
    rows = [BEST | {"revenue_amount": amount} for amount in (10.0, 20.0, 20.0, 30.0, 40.0, 0.0, -5.0)]
    assert judged(*rows)["purchase_volume_score"].fillna(-1).tolist() == [0, 37.5, 37.5, 75, 100, -1, -1]


def by_hand(score, gates):
    """Read F22 in its order."""
    if any(gate == 0 for gate in gates):
        return "not_key"
    if score is None:
        return "insufficient"
    if score < 40:
        return "not_key"
    return "candidate" if score < 60 or any(gate is None for gate in gates) else "qualified"


def test_every_verdict_over_the_grid_of_gates_and_scores():
    scores = [None, 0.0, 39.999, 40.0, 59.999, 60.0, 100.0]
    cases = list(product(scores, *[(0, 1, None)] * 3))
    rows = []
    for wanted, fit, purchasing, steady in cases:
        rows.append(
            {
                "revenue_amount": np.nan,
                "orders_count": np.nan,
                "fit": {0: 2.0, 1: 3.0, None: np.nan}[fit],
                "purchasing_mode": {0: "dispersed", 1: "mixed", None: None}[purchasing],
                "continuity_gate_flag": np.nan if steady is None else float(steady),
                **dict.fromkeys(("service_need", "price_sensitivity", "partnership_desire", "high_margin_score"), np.nan),
                "continuity_score": np.nan if wanted is None else wanted,
            }
        )
    only = load_policy({"qualification": {"weights": dict.fromkeys(COMPONENTS, 0.0) | {"continuity": 1.0}}}).qualification
    found = qualification(pd.DataFrame(rows), rules=only, minimum_coverage=0.5, minimum_values=5)
    wanted = [by_hand(case[0], case[1:]) for case in cases]
    assert found["qualification_verdict"].tolist() == wanted and set(wanted) == {"not_key", "insufficient", "candidate", "qualified"}


def test_F5_below_half_of_the_weights_there_is_no_score():
    blank = dict.fromkeys(("revenue_amount", "service_need", "price_sensitivity", "high_margin_score"), np.nan)
    found = judged(BEST | blank, BEST | blank | {"partnership_desire": np.nan, "revenue_amount": np.nan})
    assert found["qualification_score_coverage"].tolist() == pytest.approx([0.4, 0.3])
    assert found["qualification_score"].isna().all() and (found["qualification_score_note"] == "low_coverage").all()


def orders(*rows):
    frame = pd.DataFrame(rows, columns=["order_id", "order_date", "net_revenue"]).assign(account_id="A", returns_of=None)
    return frame.assign(order_date=pd.to_datetime(frame["order_date"]))


def steady(frame):
    return continuity(frame, pd.Index(["A"]), as_of=DAY, rules=RULES).loc["A"]


@pytest.mark.parametrize(
    ("rows", "flag"),
    [
        pytest.param(
            [("1", "2023-06-30", 1.0), ("2", "2024-06-30", 9.0), ("3", "2025-06-30", 9.0), ("4", "2026-06-30", 9.0)], 1, id="each year"
        ),
        pytest.param([("1", "2023-06-30", 9.0), ("2", "2024-07-01", 9.0), ("3", "2025-07-01", 9.0)], 0, id="one of three years without"),
        pytest.param([("1", "2024-06-30", 9.0), ("2", "2025-06-30", 9.0), ("3", "2026-01-01", 9.0)], 1, id="two full years are enough"),
        pytest.param([("1", "2024-07-01", 9.0), ("3", "2026-01-01", 9.0)], None, id="one day short of two years"),
        pytest.param([("1", "2024-06-30", 1.0), ("2", "2024-07-01", 20.0), ("3", "2026-01-01", 80.0)], 1, id="largest just 80 percent"),
        pytest.param([("1", "2024-06-30", 1.0), ("2", "2024-07-01", 19.9), ("3", "2026-01-01", 80.1)], 0, id="a project account"),
    ],
)
def test_F21_continuous_buying(rows, flag):
    found = steady(orders(*rows))["continuity_gate_flag"]
    assert pd.isna(found) if flag is None else found == flag


def test_the_largest_order_counts_without_its_returns():
    rows = orders(("1", "2024-06-30", 1.0), ("2", "2024-07-01", 20.0), ("3", "2026-01-01", 100.0), ("4", "2026-02-01", -60.0))
    assert steady(rows)["continuity_gate_flag"] == 0 and steady(rows)["largest_order_share"] == pytest.approx(100 / 60)
    linked = rows.assign(returns_of=[None, None, None, "3"]).astype({"returns_of": "str"})
    assert steady(linked)["continuity_gate_flag"] == 1 and steady(linked)["largest_order_share"] == pytest.approx(40 / 60)


def test_an_older_account_beside_it_changes_nothing():
    alone = orders(*((str(n), f"{2023 + n // 4}-{3 * (n % 4) + 1:02}-15", 9.0) for n in range(5, 14)))
    older = orders(("x", "2020-01-01", 1.0), ("y", "2026-01-01", 1.0)).assign(account_id="B")
    both = continuity(pd.concat([alone, older]), pd.Index(["A", "B"]), as_of=DAY, rules=RULES).loc["A"]
    pd.testing.assert_series_equal(both, steady(alone))
    assert both["largest_order_share"] <= 1


def test_F28_what_stands_under_no_product_line_counts_as_revenue():
    ids = [f"A{n}" for n in range(6)]
    rows = [(account, line, 50.0) for account in ids[1:] for line in ("x", "y")] + [("A0", "x", 10.0), ("A0", None, 990.0)]
    frame = pd.DataFrame(rows, columns=["account_id", "product_line", "net_revenue"]).assign(order_date=pd.Timestamp("2026-05-01"))
    facts = pd.DataFrame({"industry": "steel", "annual_wallet": [1010.0, *[None] * 5]}, index=ids)
    found = whitespace(frame, facts, as_of=DAY, minimum_peers=5)
    assert found.loc[found["account_id"] == "A0", "estimate_amount"].sum() == pytest.approx(10.0)


def test_high_margin_products_begin_at_the_weighted_median():
    rows = [("A", "x", 100.0, 50.0), ("A", "y", 100.0, 90.0), ("B", "y", 300.0, 270.0), ("B", "z", 100.0, 95.0), ("C", "x", 10.0, None)]
    frame = pd.DataFrame(rows, columns=["account_id", "product", "net_revenue", "cost"]).assign(order_date=pd.Timestamp("2026-05-01"))
    found = high_margin(frame, pd.Index(list("ABCD")), as_of=DAY, minimum_coverage=0.8)
    # rates: z 5 %, y 10 % (400 of 600 up to here: the middle), x 50 %
    assert found.fillna(-1).tolist() == [100.0, 75.0, -1, -1]


def criteria(rows):
    return pd.DataFrame(rows, columns=["a", "b"], index=[f"A{n}" for n in range(len(rows))], dtype=float)


def test_the_stress_test_repeats_itself_whatever_the_order_of_rows():
    frame = criteria([(90, 10), (10, 90), (50, 50), (60, None), (None, None)])
    given_ = {"weights": {"a": 0.5, "b": 0.5, "c": 0.0}, "top": 1, "rules": StressRules(seed=4, draws=500, concentration=10)}
    first, second = stress_test(frame, **given_), stress_test(frame.iloc[::-1], **given_)
    pd.testing.assert_series_equal(first, second.reindex(first.index))
    assert first["A4"] == 0 and 0 < first["A0"] < 1 and first.sum() >= 1


def test_a_draw_ranks_over_the_measured_criteria_of_each_account():
    frame = criteria([(80, 20), (70, None)])
    rules = StressRules(seed=1, draws=2000, concentration=2)  # a uniform weight on a
    assert stress_test(frame, {"a": 0.5, "b": 0.5}, top=1, rules=rules)["A1"] == pytest.approx(5 / 6, abs=0.03)


def test_a_certain_winner_is_always_in_and_everybody_is_when_all_are_chosen():
    frame = criteria([(100, 100), (50, 50), (0, 0)])
    assert stress_test(frame, {"a": 0.5, "b": 0.5}, top=1, rules=POLICY.stress).tolist() == [1.0, 0.0, 0.0]
    assert stress_test(frame, {"a": 0.5, "b": 0.5}, top=3, rules=POLICY.stress).tolist() == [1.0, 1.0, 1.0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_ten_points_more_or_less_against_a_plain_loop(seed):
    rng = random.Random(seed)
    names = ["a", "b", "c"]
    rows = {f"A{n}": {name: rng.choice([None, *range(0, 101, 7)]) for name in names} for n in range(6)}
    weights = {name: rng.randint(1, 6) for name in names}
    total, top = sum(weights.values()), rng.randint(1, 4)
    share = {name: weight / total for name, weight in weights.items()}

    def chosen(given_):
        scores = {}
        for account, row in rows.items():
            known = [name for name in names if row[name] is not None and given_[name] > 0]
            if known:
                scores[account] = sum(row[name] * given_[name] for name in known) / sum(given_[name] for name in known)
        return {account for account, value in scores.items() if sum(other > value + 1e-9 for other in scores.values()) < top}

    wanted = set()
    for name, change in product(names, (-0.1, 0.1)):
        moved = min(1.0, max(0.0, share[name] + change))
        changed = {other: moved if other == name else share[other] * (1 - moved) / (1 - share[name]) for other in names}
        wanted |= {(name, change, account) for account in chosen(share) - chosen(changed)}
    found = weight_moves(pd.DataFrame(rows).T.astype(float), weights, top=top)
    assert set(found.itertuples(index=False, name=None)) == wanted


def sold(rng, accounts, lines):
    rows = []
    for account, line in product(accounts, lines):
        for day in ("2025-01-05", "2026-02-05"):
            if rng.random() < 0.6:
                rows.append((account, line, day, float(rng.choice([-5, 10, 40, 90]))))
    frame = pd.DataFrame(rows, columns=["account_id", "product_line", "order_date", "net_revenue"])
    return frame.assign(order_date=pd.to_datetime(frame["order_date"]))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_F28_peers_quartiles_and_wallet_against_a_plain_loop(seed, least):
    rng = random.Random(seed)
    ids, lines = [f"A{n:02}" for n in range(14)], ["x", "y", "z"]
    frame = sold(rng, ids, lines)
    if frame.empty:
        return
    facts = pd.DataFrame({"industry": [rng.choice(["steel", "food", None]) for _ in ids]}, index=ids)
    facts = facts.assign(annual_wallet=[rng.choice([None, 50.0, 400.0]) for _ in ids])
    found = whitespace(frame, facts, as_of=DAY, minimum_peers=least).set_index(["account_id", "product_line"])
    year = frame[frame["order_date"] > pd.Timestamp("2025-06-30")]
    bought = {
        (a, line): year.loc[(year["account_id"] == a) & (year["product_line"] == line), "net_revenue"].sum() for a in ids for line in lines
    }
    revenue = {a: sum(bought[a, line] for line in lines) for a in ids}
    active = sorted(a for a in ids if revenue[a] > 0 and a in set(frame["account_id"]))
    third = {a: sum(revenue[b] < revenue[a] for b in active) * 3 // len(active) for a in active}
    for a in active:
        rooms = {}
        for line in sorted(set(frame["product_line"])):
            groups = [
                [b for b in active if b != a and facts.at[a, "industry"] and facts.at[b, "industry"] == facts.at[a, "industry"]],
                [b for b in active if b != a and third[b] == third[a]],
            ]
            shares = next(
                (s for s in ([bought[b, line] / revenue[b] for b in g if bought[b, line] > 0] for g in groups) if len(s) >= least), None
            )
            row = found.loc[(a, line)]
            low, middle, high = np.quantile(shares, [0.25, 0.5, 0.75]) * revenue[a] if shares else (np.nan,) * 3
            ever = ((frame["account_id"] == a) & (frame["product_line"] == line) & (frame["net_revenue"] > 0)).any()
            b = bought[a, line]
            state = "thin" if shares and 0 < b < low - 1e-9 else "bought" if b > 0 else "lapsed" if ever else "white"
            assert row["state"] == state or (shares and abs(b - low) < 1e-6)
            if row["state"] != "bought" and shares:
                rooms[line] = max(0.0, middle - b)
                assert row["adoption_share"] <= 1 and row["low_amount"] <= row["high_amount"] + 1e-9
            else:
                assert pd.isna(row["estimate_amount"])
        wallet, total = facts.at[a, "annual_wallet"], sum(rooms.values())
        scale = min(1.0, max(0.0, wallet - revenue[a]) / total) if pd.notna(wallet) and total > 0 else 1.0
        for line, room in rooms.items():
            assert found.at[(a, line), "estimate_amount"] == pytest.approx(room * scale)


@pytest.fixture(scope="module")
def sample():
    engagement = load_engagement(ROOT / "params" / "sample.yaml")
    return score(read(engagement), engagement).values["account"]


def test_the_sample_has_every_verdict_and_the_stories_find_their_place(sample):
    counts = sample["qualification_verdict"].value_counts()
    assert set(counts.index) == {"qualified", "candidate", "not_key", "insufficient"}
    assert sample.loc["A011", "qualification_verdict"] == "qualified" and sample.loc["A011", "whitespace_amount"] > 5e5
    assert sample.loc["A042", "qualification_verdict"] == "not_key"  # it stopped buying
    firm = sample.loc[sample["qualification_verdict"] == "qualified", "top_draws_share"]
    assert (firm > 0.5).mean() > 0.9


def test_refusals():
    with pytest.raises(ValueError, match="purchasing_mode must be one of central, mixed, dispersed; 0 has 'some'"):
        judged(BEST | {"purchasing_mode": "some"})
    with pytest.raises(ValueError, match="at least one weight must be above 0"):
        stress_test(criteria([(1, 1)]), {"a": 0.0}, top=1, rules=POLICY.stress)
    with pytest.raises(ValueError, match="orders lacks"):
        whitespace(pd.DataFrame({"account_id": []}), pd.DataFrame(), as_of=DAY, minimum_peers=5)
