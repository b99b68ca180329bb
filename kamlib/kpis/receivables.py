"""KPI 3: how fast invoices turn into cash, and what is overdue."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns, require_unique
from kamlib.kpis.shared import notes, ratio, up_to
from kamlib.money import exact_sums, plain_index, require_groups, unit_scale
from kamlib.periods import ONE_DAY, Window, month_end_points, trailing_window, window_numbers
from kamlib.policy import ReceivablesRules


def receivables(
    invoices: pd.DataFrame, payments: pd.DataFrame, *, as_of: date, rules: ReceivablesRules, by: str = "account_id"
) -> pd.DataFrame:
    """Turnover of receivables, days sales outstanding three ways, the overdue share and the days late.

    Parameters
    ----------
    invoices : DataFrame, one row per invoice
        `by`, ``invoice_id``, ``invoice_date``, ``due_date``, ``amount``; a credit note is negative.
    payments : DataFrame, one row per payment
        `by` (of its invoice), ``invoice_id``, ``paid_on``, ``amount``.
    as_of : date
        Later rows are not looked at.
    rules : ReceivablesRules
        Least number of monthly balances.
    by : str
        Column whose values are measured, one row each.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``receivables_turnover_ratio dso_days dso_best_possible_days dso_countback_days
        overdue_share days_late_days``, each with a note (``short_history base_not_positive
        open_balance_none history_ends_first no_rows``), and their parts: ``invoiced_amount
        open_balance_mean_amount not_due_mean_amount receivables_window_days balance_points_count
        open_balance_amount overdue_amount late_amount late_amount_days``.

    Raises
    ------
    ValueError
        A column is missing, an invoice stands twice, or a row names no `by`.

    Notes
    -----
    Balance at t = invoices up to t - payments up to t, at D, D - 1 month ... D - 12 months from the first
    invoice on. Turnover = invoiced in the window / mean balance; DSO = days in the window / turnover. An
    account whose first invoice lies inside the window has only the days since then. Best possible: the
    same with the part not yet due. Days late are weighted by amount over the window's payments and what is
    overdue at D. Unapplied credit notes may lift the overdue share above 1.

    References
    ----------
    [S2a] KPI 3; M14-3, ruling F41.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> invoices = pd.DataFrame({"account_id": "A", "invoice_id": ["1", "2"], "amount": [300.0, 100.0],
    ...     "invoice_date": pd.to_datetime(["2025-01-31", "2026-06-30"]), "due_date": pd.to_datetime(["2025-03-02", "2026-07-30"])})
    >>> payments = pd.DataFrame({"account_id": ["A"], "invoice_id": ["1"], "amount": [300.0], "paid_on": pd.to_datetime(["2025-03-01"])})
    >>> found = receivables(invoices, payments, as_of=date(2026, 6, 30), rules=load_policy().receivables)
    >>> found[["receivables_turnover_ratio", "dso_countback_days", "overdue_share"]].round(2)
                receivables_turnover_ratio  dso_countback_days  overdue_share
    account_id
    A                                 13.0                30.0            0.0
    """
    movements = _movements(invoices, payments, as_of, by)
    parts = _balances(movements, as_of, by).join(_closing(movements, as_of, by)).join(_lateness(movements, as_of, by))
    countback = _countback(movements, as_of, by)
    mean, not_due, invoiced = (parts[name] for name in ("open_balance_mean_amount", "not_due_mean_amount", "invoiced_amount"))
    open_balance = parts["open_balance_amount"]
    days_per_amount = ratio(parts["receivables_window_days"], invoiced)
    metrics = {
        "receivables_turnover_ratio": ratio(invoiced.where(invoiced > 0), mean),
        "dso_days": (days_per_amount * mean).where(mean >= 0),
        "dso_best_possible_days": (days_per_amount * not_due).where(not_due >= 0),
    }
    enough = parts["balance_points_count"] >= rules.minimum_points
    unmeasured = {"short_history": ~enough, "base_not_positive": invoiced <= 0}
    for name, values in metrics.items():
        known = values.where(enough)
        parts[name], parts[f"{name}_note"] = known, notes(parts.index, unmeasured | {"open_balance_none": known.isna()})
    return parts.assign(
        dso_countback_days=countback,
        overdue_share=ratio(parts["overdue_amount"], open_balance),
        days_late_days=ratio(parts["late_amount_days"], parts["late_amount"]),
        dso_countback_days_note=notes(parts.index, {"history_ends_first": countback.isna()}),
        overdue_share_note=notes(parts.index, {"open_balance_none": open_balance <= 0}),
        days_late_days_note=notes(parts.index, {"no_rows": parts["late_amount"] <= 0}),
    )


def _movements(invoices: pd.DataFrame, payments: pd.DataFrame, as_of: date, by: str) -> pd.DataFrame:
    """Put invoices (plus) and payments (minus) into one frame, each with the due date of its invoice."""
    require_columns(invoices, [by, "invoice_id", "invoice_date", "due_date", "amount"], table="invoices")
    require_columns(payments, [by, "invoice_id", "paid_on", "amount"], table="payments")
    require_groups(invoices, [by])
    require_groups(payments, [by])
    require_unique(invoices["invoice_id"], name="invoice_id")
    due = invoices.set_index("invoice_id")["due_date"]
    billed = up_to(invoices, "invoice_date", as_of).assign(on=lambda rows: rows["invoice_date"], is_invoice=True)
    paid = up_to(payments, "paid_on", as_of)
    paid = paid.assign(on=paid["paid_on"], due_date=due.reindex(paid["invoice_id"]).to_numpy(), amount=-paid["amount"], is_invoice=False)
    columns = [by, "invoice_id", "on", "due_date", "amount", "is_invoice"]
    both = pd.concat([billed[columns], paid[columns]], ignore_index=True)
    labels = {name: both[name].astype("category") for name in (by, "invoice_id")}
    return both.assign(on=both["on"].dt.normalize(), due_date=both["due_date"].dt.normalize(), **labels)


def _balances(movements: pd.DataFrame, as_of: date, by: str) -> pd.DataFrame:
    """Mean of the monthly open balances and of their part not yet due, with the invoicing they stem from."""
    points = np.array(month_end_points(as_of), dtype="datetime64[us]")
    scale = unit_scale(movements["amount"])
    units = np.rint(movements["amount"].to_numpy() * scale).astype(np.int64)
    first = _first_invoice(movements, by)
    group = first.index.get_indexer(movements[by].cat.categories)[movements[by].cat.codes]
    begins = np.searchsorted(points, _days(movements["on"]), side="left")
    ends = np.searchsorted(points, _days(movements["due_date"]), side="right")  # a blank due date never enters
    ends = np.where(movements["due_date"].isna(), begins, np.maximum(begins, ends))
    shape = (len(first), len(points) + 1)
    balance, not_due = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    np.add.at(balance, (group, begins), units)
    np.add.at(not_due, (group, begins), units)
    np.add.at(not_due, (group, ends), -units)
    counted = points >= _days(first)[:, None]
    points_count = counted.sum(axis=1)
    mean = {
        name: (matrix.cumsum(axis=1)[:, :-1] * counted).sum(axis=1) / scale / np.maximum(points_count, 1)
        for name, matrix in (("open_balance_mean_amount", balance), ("not_due_mean_amount", not_due))
    }
    window = trailing_window(as_of)
    days = (pd.Timestamp(as_of + ONE_DAY) - first).dt.days.clip(upper=window.days).astype(float)
    return pd.DataFrame(mean, index=first.index).assign(receivables_window_days=days, balance_points_count=points_count.astype(float))


def _closing(movements: pd.DataFrame, as_of: date, by: str) -> pd.DataFrame:
    """Invoiced in the window, open at the date, and the part of it that was due before the date."""
    amount = movements["amount"]
    parts = movements[[by]].assign(
        invoiced_amount=amount.where(movements["is_invoice"] & trailing_window(as_of).contains(movements["on"])),
        open_balance_amount=amount,
        overdue_amount=amount.where(movements["due_date"] < pd.Timestamp(as_of)),
    )
    return exact_sums(parts, ["invoiced_amount", "open_balance_amount", "overdue_amount"], by=by)


def _lateness(movements: pd.DataFrame, as_of: date, by: str) -> pd.DataFrame:
    """Amounts paid in the window or still overdue, and the same times their days late."""
    paid = movements[~movements["is_invoice"] & trailing_window(as_of).contains(movements["on"])]
    paid = paid.assign(amount=-paid["amount"])
    still_open = exact_sums(movements, ["amount"], by="invoice_id")["amount"]
    overdue = movements[movements["is_invoice"] & (movements["due_date"] < pd.Timestamp(as_of))]
    overdue = overdue.assign(amount=still_open.reindex(overdue["invoice_id"]).to_numpy(), on=pd.Timestamp(as_of))
    rows = pd.concat([paid, overdue], ignore_index=True)
    weight = rows["amount"].where((rows["amount"] > 0) & rows["due_date"].notna())
    late = (rows["on"] - rows["due_date"]).dt.days.clip(lower=0)
    sums = exact_sums(rows.assign(late_amount=weight, late_amount_days=weight * late), ["late_amount", "late_amount_days"], by=by)
    return sums.reindex(_groups(movements, by), fill_value=0.0)


def _countback(movements: pd.DataFrame, as_of: date, by: str) -> pd.Series:
    """Days of latest invoicing, counted back month by month, that the open balance is worth."""
    invoices = movements[movements["is_invoice"]]
    months = _months_back_to(invoices["on"].min(), as_of)
    numbered = invoices.assign(month=window_numbers(invoices["on"], months))
    billed = exact_sums(numbered, ["amount"], by=[by, "month"]).pivot(index=by, columns="month", values="amount")
    billed = plain_index(billed.reindex(columns=range(len(months))[::-1]).fillna(0.0))
    balance = exact_sums(movements, ["amount"], by=by)["amount"].reindex(billed.index)
    scale = unit_scale(movements["amount"])
    taken, owed = np.rint(billed.to_numpy() * scale).clip(min=0), np.rint(balance.to_numpy() * scale).clip(min=0)
    left = owed[:, None] - np.hstack([np.zeros((len(taken), 1)), taken.cumsum(axis=1)])
    share = np.where(taken > 0, (left[:, :-1] / np.where(taken > 0, taken, 1)).clip(0, 1), left[:, :-1] > 0)
    days = share @ np.array([window.days for window in reversed(months)], dtype=float)
    return pd.Series(days, index=billed.index).where(left[:, -1] <= 0).reindex(_groups(movements, by))


def _months_back_to(first: pd.Timestamp, as_of: date) -> list[Window]:
    months = [trailing_window(as_of, 1)]
    while pd.Timestamp(months[0].first_day) > first:
        months.insert(0, trailing_window(as_of, 1, offset_months=len(months)))
    return months


def _first_invoice(movements: pd.DataFrame, by: str) -> pd.Series:
    first = movements[movements["is_invoice"]].groupby(by, observed=True)["on"].min()
    return plain_index(first).reindex(_groups(movements, by))


def _groups(movements: pd.DataFrame, by: str) -> pd.Index:
    labels = movements[by].cat.remove_unused_categories().cat.categories
    return labels.sort_values().rename(by)


def _days(dates: pd.Series) -> np.ndarray:
    return dates.to_numpy().astype("datetime64[us]")
