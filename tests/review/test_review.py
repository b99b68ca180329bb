"""What moved: parts add up to the change exactly, grading is the plain arithmetic of what happened."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.periods import Window
from kamlib.policy import load_policy
from kamlib.review import brier_score, forecast_grade, risk_parts, status_parts
from kamlib.warning import SIGNALS

WEIGHTS = load_policy().warning.weights.model_dump()
amounts = st.dictionaries(st.sampled_from("ABCDEF"), st.integers(-(10**6), 10**6).map(lambda n: n / 100))
strengths = st.dictionaries(st.sampled_from(SIGNALS), st.floats(0, 1))


@given(amounts, amounts)
def test_the_states_add_up_to_the_change_and_every_part_has_one(before, after):
    found = status_parts(pd.Series(before, dtype=float), pd.Series(after, dtype=float))
    assert found["amount"].sum() == pytest.approx(sum(after.values()) - sum(before.values()))
    expected = dict.fromkeys(("won", "grown", "shrunk", "lost"), 0)
    for name in set(before) | set(after):
        then, now = before.get(name, 0.0), after.get(name, 0.0)
        state = "won" if then == 0 != now else "lost" if then != 0 == now else "grown" if now > then else "shrunk" if now < then else None
        if state:
            expected[state] += 1
    assert found["count"].to_dict() == expected


@given(strengths, strengths)
def test_the_parts_of_the_index_add_up_to_its_change(before, after):
    index = [1 - math.prod(1 - WEIGHTS[name] * side.get(name, 0.0) for name in SIGNALS) for side in (before, after)]
    parts = risk_parts(before, after, WEIGHTS)
    assert sum(parts.values()) == pytest.approx(index[1] - index[0], abs=1e-9)
    assert set(parts) == {name for name in SIGNALS if WEIGHTS[name] * before.get(name, 0.0) != WEIGHTS[name] * after.get(name, 0.0)} - {
        name for name in SIGNALS if 1 - WEIGHTS[name] * before.get(name, 0.0) == 1 - WEIGHTS[name] * after.get(name, 0.0)
    }
    assert all((parts[name] > 0) == (after.get(name, 0.0) > before.get(name, 0.0)) for name in parts if abs(parts[name]) > 1e-12)


def test_signals_that_cancel_out_add_up_to_nothing():
    weights = {"a": 0.5, "b": 0.5}
    parts = risk_parts({"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 1.0}, weights)
    assert parts == {"b": pytest.approx(0.5 * math.log(2)), "a": pytest.approx(-0.5 * math.log(2))}


@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.sampled_from(["2026-03", "2026-04", "2026-05", "2026-07"]), st.integers(0, 999)), max_size=9
    )
)
def test_forecasts_are_graded_by_a_plain_loop(rows):
    told = {(account, month): float(amount) for account, month, amount in rows}
    sold = {("A", "2026-04"): 100.0, ("A", "2026-05"): 40.0, ("B", "2026-05"): -10.0, ("B", "2026-03"): 500.0}
    forecasts = pd.DataFrame([(*key, amount) for key, amount in told.items()], columns=["account_id", "period", "forecast"])
    sales = pd.DataFrame([(account, pd.Timestamp(f"{month}-15"), amount) for (account, month), amount in sold.items()])
    sales.columns = ["account_id", "order_date", "net_revenue"]
    wape, bias = forecast_grade(forecasts, sales, since=Window(date(2026, 3, 31), date(2026, 6, 30)))
    keys = [key for key in told if key[1] in ("2026-04", "2026-05")]
    size, total = sum(abs(sold.get(key, 0.0)) for key in keys), sum(sold.get(key, 0.0) for key in keys)
    errors = [told[key] - sold.get(key, 0.0) for key in keys]
    assert wape == pytest.approx(sum(map(abs, errors)) / size if size else math.nan, nan_ok=True)
    assert bias == pytest.approx(sum(errors) / total if total else math.nan, nan_ok=True)


@given(st.lists(st.tuples(st.one_of(st.none(), st.floats(0, 1)), st.one_of(st.none(), st.booleans())), max_size=8))
def test_the_Brier_score_is_the_mean_squared_distance(pairs):
    chance = pd.Series([pair[0] for pair in pairs], dtype=float)
    happened = pd.Series([pair[1] for pair in pairs], dtype=object)
    known = [(a, float(b)) for a, b in pairs if a is not None and b is not None]
    expected = sum((a - b) ** 2 for a, b in known) / len(known) if known else math.nan
    assert brier_score(chance, happened) == pytest.approx(expected, nan_ok=True, abs=1e-9)


def test_refusals():
    with pytest.raises(ValueError, match="must lie in 0 to 1"):
        brier_score(pd.Series([1.5]), pd.Series([True]))
    with pytest.raises(ValueError, match="forecasts lacks period"):
        forecast_grade(pd.DataFrame({"account_id": [], "forecast": []}), pd.DataFrame(), since=Window(date(2026, 3, 31), date(2026, 6, 30)))
