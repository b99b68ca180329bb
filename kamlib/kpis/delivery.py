"""KPI 10: delivered on time, delivered right, and both at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from kamlib.checks import require_columns
from kamlib.kpis.shared import notes, ratio
from kamlib.money import exact_sums
from kamlib.periods import trailing_window

DELIVERY_COLUMNS = ("due_lines_count", "on_time_lines_count", "stated_lines_count", "correct_lines_count", "perfect_lines_count")


def deliveries_by_day(orders: pd.DataFrame, *, keys: Sequence[str] = ("account_id",)) -> pd.DataFrame:
    """Count order lines by promised day: due, on time, stated right or wrong, right, and perfect.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        `keys`, ``promised_on``, ``delivered_on``, ``correct`` (1, 0 or blank), ``quantity``. Daily counts
        are accepted and come out unchanged.
    keys : sequence of str
        Columns to keep apart.

    Returns
    -------
    DataFrame, one row per key and promised day
        The keys, ``promised_on`` and `DELIVERY_COLUMNS`. Returns and lines without a promise are left out.

    Raises
    ------
    ValueError
        A column is missing, or a row names no key.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": ["A", "A"], "promised_on": pd.to_datetime(["2026-05-02", "2026-05-02"]),
    ...                        "delivered_on": pd.to_datetime(["2026-05-02", None]), "correct": [1.0, None], "quantity": [1.0, 1.0]})
    >>> deliveries_by_day(orders)[list(DELIVERY_COLUMNS)].to_numpy().tolist()
    [[2.0, 1.0, 1.0, 1.0, 1.0]]
    """
    groups = [*keys, "promised_on"]
    if "due_lines_count" in orders:
        return exact_sums(orders, DELIVERY_COLUMNS, by=groups)
    require_columns(orders, [*groups, "delivered_on", "correct", "quantity"], table="orders")
    lines = orders[orders["promised_on"].notna() & (orders["quantity"] > 0)]
    on_time = lines["delivered_on"].dt.normalize() <= lines["promised_on"].dt.normalize()
    counts = lines[list(keys)].assign(
        promised_on=lines["promised_on"].dt.normalize(),
        due_lines_count=1.0,
        on_time_lines_count=on_time.astype(float),
        stated_lines_count=lines["correct"].notna().astype(float),
        correct_lines_count=lines["correct"].eq(1).astype(float),
        perfect_lines_count=(on_time & lines["correct"].eq(1)).astype(float),
    )
    return exact_sums(counts, DELIVERY_COLUMNS, by=groups)


def delivery(orders: pd.DataFrame, *, as_of: date, by: str = "account_id") -> pd.DataFrame:
    """Share of the order lines promised in the trailing twelve months that came on time, right, and both.

    Parameters
    ----------
    orders : DataFrame
        Order lines or `deliveries_by_day`: `by`, ``promised_on``, ``delivered_on``, ``correct``
        (1, 0 or blank), ``quantity``. What is not delivered by the end of its promised day is late.
    as_of : date
        Last day of the window; it counts promised days.
    by : str
        Column whose values are measured, one row each.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``on_time_rate order_accuracy_rate perfect_order_rate`` in [0, 1], NaN where
        no line is due or stated, each with a note (``no_rows``), and the counts of lines in
        `DELIVERY_COLUMNS`.

    Raises
    ------
    ValueError
        A column is missing, or a row names no `by`.

    Notes
    -----
    Level: order line. Date basis: promised day. Perfect = on time and right on the same line, over lines
    whose correctness is stated; not the product of the two rates.

    References
    ----------
    [S2a] KPI 10; M14-10, ruling F48.

    Examples
    --------
    >>> orders = pd.DataFrame({"account_id": ["A"] * 4, "promised_on": pd.to_datetime(["2026-05-02"] * 4), "quantity": [1.0] * 4,
    ...                        "delivered_on": pd.to_datetime(["2026-05-03", "2026-05-02", "2026-05-01", "2026-05-01"]),
    ...                        "correct": [1.0, 0.0, 1.0, 1.0]})
    >>> delivery(orders, as_of=date(2026, 6, 30))[["on_time_rate", "order_accuracy_rate", "perfect_order_rate"]]
                on_time_rate  order_accuracy_rate  perfect_order_rate
    account_id
    A                   0.75                 0.75                 0.5
    """
    daily = deliveries_by_day(orders, keys=[by]) if "due_lines_count" not in orders else orders
    current = trailing_window(as_of).contains(daily["promised_on"])
    counts = exact_sums(daily.assign(**daily[list(DELIVERY_COLUMNS)].where(current)), DELIVERY_COLUMNS, by=by)
    due, stated = counts["due_lines_count"], counts["stated_lines_count"]
    return counts.assign(
        on_time_rate=ratio(counts["on_time_lines_count"], due),
        order_accuracy_rate=ratio(counts["correct_lines_count"], stated),
        perfect_order_rate=ratio(counts["perfect_lines_count"], stated),
        on_time_rate_note=notes(counts.index, {"no_rows": due == 0}),
        order_accuracy_rate_note=notes(counts.index, {"no_rows": stated == 0}),
        perfect_order_rate_note=notes(counts.index, {"no_rows": stated == 0}),
    )
