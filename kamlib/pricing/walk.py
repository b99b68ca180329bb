"""M20: what moved the margin between two years, in parts that add up to the cent."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from kamlib.checks import require_columns
from kamlib.money import exact_units, round_money, smallest_unit, unit_scale
from kamlib.periods import TTM_MONTHS, Window, trailing_window

PARTS = ("volume", "mix", "price", "cost", "new", "lost", "other", "fx")


@dataclass(frozen=True)
class MarginWalk:
    """The way from the margin of one window to that of the next.

    Parameters
    ----------
    before, after, change : Decimal
        Margins, rounded, and their difference.
    parts : dict of str to Decimal
        `PARTS`, rounded so that they add up to `change`.
    exact : dict of str to Fraction
        The same unrounded.
    products : dict of str to dict of str to Fraction
        What each product adds to each part.
    covered_share : float
        Share of the revenue of both windows whose cost is known; only that is walked.
    """

    before: Decimal
    after: Decimal
    change: Decimal
    parts: dict[str, Decimal]
    exact: dict[str, Fraction]
    products: dict[str, dict[str, Fraction]]
    covered_share: float


@dataclass(frozen=True)
class _Sold:
    quantity: Fraction
    revenue: Fraction
    cost: Fraction

    @property
    def margin(self) -> Fraction:
        return self.revenue - self.cost


def margin_walk(
    orders: pd.DataFrame,
    *,
    as_of: date,
    currency: str,
    before: Window | None = None,
    after: Window | None = None,
    rates: pd.DataFrame | None = None,
) -> MarginWalk:
    """Take the change of margin between two windows apart: volume, mix, price, cost, products won and lost, and the rest.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        ``order_date product quantity net_revenue cost``, of one account or of any set of them; where known ``unit`` and ``currency``.
    as_of : date
        The windows are the twelve months to this day and the twelve before, unless given.
    currency : str
        Of the engagement.
    before, after : Window, optional
    rates : DataFrame, optional
        ``currency date rate``: what one unit of a foreign currency is worth; lines in one then have their part ``fx`` taken out.

    Returns
    -------
    MarginWalk

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Over products bought in both windows, per unit of measure, with Q all their quantity and m the margin of one: volume
    (Q1 - Q0) M0 / Q0; mix the sum of (q1 - q0 Q1 / Q0) m0; price of q1 (p1 - p0); cost of -q1 (c1 - c0). New and lost are the
    margins of products bought in one window only; other is the change of products of which more came back than went out. fx is
    what the later amounts are worth beyond the earlier window's average rate.

    References
    ----------
    M20, rulings F10, F63.

    Examples
    --------
    >>> days = pd.to_datetime(["2025-05-01", "2025-05-01", "2026-05-01", "2026-05-01", "2026-05-01"])
    >>> orders = pd.DataFrame({"order_date": days, "product": list("ababc"), "quantity": [100.0, 50, 130, 50, 10],
    ...                        "net_revenue": [1000.0, 1000, 1235, 1050, 80], "cost": [600.0, 750, 806, 750, 50]})
    >>> walk = margin_walk(orders, as_of=date(2026, 6, 30), currency="CNY")
    >>> {name: int(part) for name, part in walk.parts.items() if part}
    {'volume': 130, 'mix': -10, 'price': -15, 'cost': -26, 'new': 30}
    """
    require_columns(orders, ["order_date", "product", "quantity", "net_revenue", "cost"], table="orders")
    after, before = after or trailing_window(as_of), before or trailing_window(as_of, offset_months=TTM_MONTHS)
    both = before.contains(orders["order_date"]) | after.contains(orders["order_date"])
    lines = orders[both & orders["cost"].notna()]
    worth = _earlier_worth(lines, before, after, rates)
    sold = [_sums(lines[window.contains(lines["order_date"])], worth if window is after else None) for window in (before, after)]
    products = _parts(*sold)
    margins = [sum((entry.margin for entry in side.values()), Fraction(0)) for side in sold]
    actual = sum((entry.margin for entry in _sums(lines[after.contains(lines["order_date"])], None).values()), Fraction(0))
    exact = {name: sum((parts.get(name, Fraction(0)) for parts in products.values()), Fraction(0)) for name in PARTS}
    exact["fx"] = actual - margins[1]
    first, last = (round_money(amount, currency=currency) for amount in (margins[0], actual))
    size = orders.loc[both, "net_revenue"].abs().sum()
    covered = float(lines["net_revenue"].abs().sum() / size) if size > 0 else math.nan
    return MarginWalk(first, last, last - first, _rounded(exact, last - first, currency), exact, products, covered)


def _sums(lines: pd.DataFrame, worth: pd.Series | None) -> dict[tuple[str, str], _Sold]:
    """Add up quantity, revenue and cost by product and unit, exactly."""
    found: dict[tuple[str, str], list[Fraction]] = defaultdict(lambda: [Fraction(0)] * 3)
    if lines.empty:
        return {}
    unit = lines["unit"].astype("str").fillna("") if "unit" in lines else pd.Series("", index=lines.index)
    factor = pd.Series(1.0, index=lines.index) if worth is None else worth.reindex(lines.index)
    names = ("quantity", "net_revenue", "cost")
    scales, units = [unit_scale(lines[name]) for name in names], [exact_units(lines[name]) for name in names]
    for key, times, *amounts in zip(zip(lines["product"].astype("str"), unit, strict=True), factor, *units, strict=True):
        scaled = [Fraction(amount, scale) for amount, scale in zip(amounts, scales, strict=True)]
        if times != 1:
            scaled[1:] = [amount * Fraction(times) for amount in scaled[1:]]
        found[key] = [sum(pair) for pair in zip(found[key], scaled, strict=True)]
    return {key: _Sold(*amounts) for key, amounts in found.items()}


def _parts(before: Mapping[tuple[str, str], _Sold], after: Mapping[tuple[str, str], _Sold]) -> dict[str, dict[str, Fraction]]:
    """Return what each product adds to each part; products that are sold in two units add to both."""
    found: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    nothing = _Sold(Fraction(0), Fraction(0), Fraction(0))
    for unit in sorted({unit for _, unit in {**before, **after}}):
        names = [name for name, of in {**before, **after} if of == unit]
        pairs = {name: (before.get((name, unit), nothing), after.get((name, unit), nothing)) for name in names}
        kept = {name: pair for name, pair in pairs.items() if pair[0].quantity > 0 and pair[1].quantity > 0}
        for name, parts in _kept(kept):
            for part, amount in parts.items():
                found[name][part] += amount
        for name in pairs.keys() - kept.keys():
            part = _other_part((name, unit) in before, (name, unit) in after, *pairs[name])
            found[name][part] += pairs[name][1].margin - pairs[name][0].margin
    return {name: dict(found[name]) for name in sorted(found)}


def _kept(pairs: Mapping[str, tuple[_Sold, _Sold]]) -> Iterator[tuple[str, dict[str, Fraction]]]:
    """Yield volume, mix, price and cost of the products bought in both windows."""
    if not pairs:
        return
    all_before, all_after = (sum(pair[place].quantity for pair in pairs.values()) for place in (0, 1))
    growth = all_after / all_before
    for name, (old, new) in pairs.items():
        price, cost = (new.quantity * amount / old.quantity for amount in (old.revenue, old.cost))
        volume = old.margin * (growth - 1)
        parts = {"volume": volume, "price": new.revenue - price, "cost": cost - new.cost}
        yield name, parts | {"mix": (price - cost) - old.margin - volume}


def _other_part(was: bool, is_now: bool, old: _Sold, new: _Sold) -> str:
    if not was and new.quantity > 0:
        return "new"
    return "lost" if not is_now and old.quantity > 0 else "other"


def _earlier_worth(lines: pd.DataFrame, before: Window, after: Window, rates: pd.DataFrame | None) -> pd.Series | None:
    """Return by what to multiply the later lines in a foreign currency so that they stand at the earlier window's average rate."""
    if rates is None or "currency" not in lines or not len(rates):
        return None
    require_columns(rates, ["currency", "date", "rate"], table="rates")
    average = rates[before.contains(rates["date"])].groupby("currency")["rate"].mean()
    later = lines.loc[after.contains(lines["order_date"]), ["order_date", "currency"]].sort_values("order_date")
    foreign = later[later["currency"].astype("str").isin(average.index)].astype({"currency": "str"})
    if foreign.empty:
        return None
    ordered = rates[["currency", "date", "rate"]].sort_values("date").astype({"currency": "str"})
    ordered = ordered.assign(date=ordered["date"].astype(foreign["order_date"].dtype))
    dated = pd.merge_asof(foreign, ordered, left_on="order_date", right_on="date", by="currency")
    worth = pd.Series((dated["currency"].map(average) / dated["rate"]).to_numpy(), index=foreign.index)
    return worth.reindex(lines.index).fillna(1.0)


def _rounded(exact: Mapping[str, Fraction], change: Decimal, currency: str) -> dict[str, Decimal]:
    """Round the parts down and hand the cents that are left to the largest remainders, so that they add up to the change."""
    unit = Fraction(smallest_unit(currency))
    whole = {name: math.floor(amount / unit) for name, amount in exact.items()}
    left = int(Fraction(change) / unit) - sum(whole.values())
    order = sorted(exact, key=lambda name: (whole[name] - exact[name] / unit, PARTS.index(name)))
    for place in range(abs(left)):
        whole[order[place % len(order)] if left > 0 else order[-1 - place % len(order)]] += 1 if left > 0 else -1
    return {name: Decimal(count) * smallest_unit(currency) for name, count in whole.items()}
