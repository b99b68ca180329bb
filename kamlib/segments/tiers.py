"""M5 and M6: spend tiers by yearly revenue, stars by an unbroken run of months."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.money import exact_sums, exact_units, plain_index
from kamlib.periods import complete_months, window_numbers
from kamlib.policy import StarRules, TierCuts

STAR_LEVELS = {"three": 3, "four": 4, "five": 5}


def tier(revenue: pd.Series, *, currency: str, tiers: Mapping[str, TierCuts]) -> pd.DataFrame:
    """Assign the spend tier that a year's revenue reaches.

    Parameters
    ----------
    revenue : Series of float
        Amount per account of the trailing twelve months, in `currency`; a blank counts as nothing.
    currency : str
        ISO code of the engagement.
    tiers : mapping of str to TierCuts
        Thresholds per currency; they are never converted.

    Returns
    -------
    DataFrame
        With the index of `revenue`: ``tier`` (strategic, key, basic or none) and ``tier_note``
        (``currency_without_thresholds`` where `tiers` lacks the currency; then tier is blank).

    References
    ----------
    [S2b]; M5, ruling F26.

    Examples
    --------
    >>> tiers = {"CNY": TierCuts(strategic=5e6, key=1e6, basic=5e5)}
    >>> tier(pd.Series([5e6, 999_999.99, 0.0]), currency="CNY", tiers=tiers)["tier"].tolist()
    ['strategic', 'basic', 'none']
    """
    if currency not in tiers:
        return _without_thresholds(revenue.index, "tier", text=True)
    cuts = tiers[currency].model_dump()
    order = sorted(cuts, key=cuts.get, reverse=True)
    names = np.select([_compare(revenue, cuts[name]) >= 0 for name in order], order, default="none")
    return pd.DataFrame({"tier": pd.Series(names, index=revenue.index, dtype="str"), "tier_note": _blank_text(revenue.index)})


def stars(orders: pd.DataFrame, *, as_of: date, currency: str, rules: StarRules, by: str = "account_id") -> pd.DataFrame:
    """Count the stars that an unbroken run of complete months has earned.

    Parameters
    ----------
    orders : DataFrame
        Order lines or their daily sums: `by`, ``order_date``, ``net_revenue``.
    as_of : date
        Only months that end on or before it count.
    currency : str
        ISO code of the engagement.
    rules : StarRules
        Number of months, and the monthly revenue that each star level demands to be exceeded.
    by : str
        Column whose values are rated.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``stars_count`` (0, 3, 4 or 5), ``stars_missing_months`` to the next level (NaN
        at five), ``stars_broke_month`` (``2026-03``, the latest month that missed the next level; blank at
        five), ``stars_count_note`` (``currency_without_thresholds``).

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    A month without orders is 0. run = latest complete months in a row above the threshold.

    References
    ----------
    [S4a]; M6, rulings F26, F27.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> days = pd.to_datetime(["2026-01-05", "2026-02-05", "2026-03-05", "2026-04-05", "2026-05-05", "2026-06-05"])
    >>> orders = pd.DataFrame({"account_id": "A", "order_date": days, "net_revenue": [501.0, 501, 400, 501, 501, 501]})
    >>> stars(orders, as_of=date(2026, 6, 30), currency="CNY", rules=load_policy().stars).iloc[:, :3]
                stars_count  stars_missing_months stars_broke_month
    account_id
    A                   3.0                   3.0           2026-03
    """
    require_columns(orders, [by, "order_date", "net_revenue"], table="orders")
    months = complete_months(as_of, rules.months)
    monthly = _monthly_revenue(orders, months, by)
    if currency not in rules.cuts:
        return _without_thresholds(monthly.index, "stars_count", text=False)
    runs = np.column_stack([_run(monthly, cut) for cut in rules.cuts[currency].model_dump().values()])
    stars_reached = (runs == rules.months).sum(axis=1)
    is_top = stars_reached == len(STAR_LEVELS)
    next_run = np.where(is_top, np.nan, np.take_along_axis(runs, np.where(is_top, 0, stars_reached)[:, None], axis=1)[:, 0])
    latest_first = np.array([window.until.strftime("%Y-%m") for window in reversed(months)])
    broke = pd.Series(latest_first[np.where(is_top, 0, next_run).astype(int)], index=monthly.index, dtype="str")
    return pd.DataFrame(
        {
            "stars_count": np.array([0.0, *STAR_LEVELS.values()])[stars_reached],
            "stars_missing_months": rules.months - next_run,
            "stars_broke_month": broke.mask(is_top),
            "stars_count_note": _blank_text(monthly.index),
        },
        index=monthly.index,
    )


def _monthly_revenue(orders: pd.DataFrame, months: list, by: str) -> pd.DataFrame:
    number = window_numbers(orders["order_date"], months)
    known = orders[[by, "net_revenue"]].assign(month=number, net_revenue=orders["net_revenue"].where(number >= 0))
    sums = exact_sums(known, ["net_revenue"], by=[by, "month"])
    return plain_index(sums.pivot(index=by, columns="month", values="net_revenue").reindex(columns=range(len(months))).fillna(0.0))


def _run(monthly: pd.DataFrame, cut: float) -> np.ndarray:
    """Count the latest months in a row that lie above the threshold."""
    exceeded = np.column_stack([_compare(monthly[month], cut) > 0 for month in monthly])
    return np.cumprod(exceeded[:, ::-1], axis=1).sum(axis=1)


def _compare(amounts: pd.Series, cut: float) -> np.ndarray:
    """Return the sign of each amount minus the threshold, compared in whole units."""
    units = exact_units(pd.concat([amounts, pd.Series([cut])], ignore_index=True)).to_numpy()
    return np.sign(units[:-1] - units[-1])


def _without_thresholds(index: pd.Index, metric: str, *, text: bool) -> pd.DataFrame:
    blank = _blank_text(index) if text else pd.Series(np.nan, index=index)
    return pd.DataFrame({metric: blank, f"{metric}_note": pd.Series("currency_without_thresholds", index=index, dtype="str")})


def _blank_text(index: pd.Index) -> pd.Series:
    return pd.Series(np.nan, index=index, dtype="str")
