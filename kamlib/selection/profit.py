"""A7: who carries the margin and the growth, and who eats it up."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.kpis.shared import notes
from kamlib.money import exact_sums, exact_units, require_groups, unit_scale
from kamlib.policy import ProfitRules
from kamlib.selection.ranks import head_count, least_units, reached

HEAD_SHARES = {"top10": 0.10, "top20": 0.20}
EIGHTY = 0.80


def profit_pareto(accounts: pd.DataFrame, coverage: pd.Series, *, by: str, rules: ProfitRules) -> pd.DataFrame:
    """Share of the margin that the best accounts bring, and how much of it others lose again.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``account_id``, `by`, ``revenue_amount``, ``margin_amount`` (blank: no cost is known).
    coverage : Series of float
        Share of the revenue whose cost is known, indexed by the values of `by` (``margin_rate_coverage``).
    by : str
        Column whose values are measured, one row each.
    rules : ProfitRules
        Least coverage at which margins compare.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``top10_margin_share top20_margin_share`` (of the margin earned, held by the best
        tenth and fifth of the active accounts), ``accounts_for_80_margin_count``, ``whale_peak_share`` and
        ``eroded_margin_share`` (the highest point of the whale curve, and how far it falls; NaN where the
        margin is not positive), ``loss_making_accounts_count``, ``loss_amount``, and ``<metric>_note``:
        ``low_coverage`` (all are NaN below the coverage), else ``base_not_positive`` beside a NaN.

    Raises
    ------
    ValueError
        A column is missing, or an account names no `by`.

    References
    ----------
    [S2a], [S4a] 80 % of profit; M1, addition A7.

    Examples
    --------
    >>> accounts = pd.DataFrame({"account_id": ["A", "B", "C"], "portfolio": "all", "revenue_amount": [9.0, 5.0, 5.0],
    ...                          "margin_amount": [6.0, 3.0, -1.0]})
    >>> found = profit_pareto(accounts, pd.Series({"all": 0.9}), by="portfolio", rules=ProfitRules(minimum_coverage=0.8))
    >>> found[["whale_peak_share", "eroded_margin_share", "loss_making_accounts_count"]]
               whale_peak_share  eroded_margin_share  loss_making_accounts_count
    portfolio
    all                   1.125                0.125                         1.0
    """
    require_columns(accounts, ["account_id", by, "revenue_amount", "margin_amount"], table="accounts")
    require_groups(accounts, [by])
    rows = {key: _profit(rows) for key, rows in accounts.groupby(by, observed=True)}
    found = pd.DataFrame.from_dict(rows, orient="index", columns=list(_profit(accounts.iloc[:0]))).rename_axis(by)
    enough = reached(coverage.reindex(found.index), rules.minimum_coverage)
    reasons = {metric: notes(found.index, {"low_coverage": ~enough, "base_not_positive": found[metric].isna()}) for metric in found}
    return found.where(enough, axis=0).assign(**{f"{metric}_note": reason for metric, reason in reasons.items()})


def growth_pareto(accounts: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Share of the growth that the best growing accounts bring.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        `by`, ``revenue_amount``, ``revenue_prior_amount``.
    by : str
        Column whose values are measured, one row each.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``top10_growth_share top20_growth_share`` (of all that accounts gained, held by
        the best tenth and fifth of the active accounts; NaN if nobody gained), ``accounts_for_80_growth_count``,
        ``gained_amount lost_amount`` (both from 0; their difference is the change of revenue), and
        ``<metric>_note``: ``base_not_positive`` where nobody gained.

    Raises
    ------
    ValueError
        A column is missing, or an account names no `by`.

    References
    ----------
    [S2a] 80 % of growth; addition A7.

    Examples
    --------
    >>> accounts = pd.DataFrame({"portfolio": "all", "revenue_amount": [9.0, 5.0, 5.0], "revenue_prior_amount": [1.0, 3.0, 8.0]})
    >>> growth_pareto(accounts, by="portfolio")[["top10_growth_share", "gained_amount", "lost_amount"]]
               top10_growth_share  gained_amount  lost_amount
    portfolio
    all                       0.8           10.0          3.0
    """
    require_columns(accounts, [by, "revenue_amount", "revenue_prior_amount"], table="accounts")
    change = accounts["revenue_amount"].fillna(0.0) - accounts["revenue_prior_amount"].fillna(0.0)
    figures = accounts[[by, "revenue_amount"]].assign(change=change, gained_amount=change.clip(lower=0), lost_amount=-change.clip(upper=0))
    sums = exact_sums(figures, ["gained_amount", "lost_amount"], by=by)
    shares = {key: _head_shares(rows["change"], rows["revenue_amount"], "growth") for key, rows in figures.groupby(by, observed=True)}
    found = pd.DataFrame.from_dict(shares, orient="index").rename_axis(by)
    reasons = {f"{metric}_note": notes(found.index, {"base_not_positive": found[metric].isna()}) for metric in found}
    return found.assign(**reasons).join(sums)


def whale_curve(margin: pd.Series) -> pd.DataFrame:
    """Cumulative margin from the most to the least profitable account.

    Parameters
    ----------
    margin : Series of float
        Amount per account, indexed by ``account_id``; an account without known cost (blank) is left out.

    Returns
    -------
    DataFrame
        Indexed by ``account_id``, the largest margin first (equals by id): ``accounts_share`` (0-1),
        ``margin_amount``, ``cumulative_margin_amount`` and ``cumulative_margin_share`` of the total, which
        rises above 1 before loss-making accounts take it down; NaN where the total is not positive.

    References
    ----------
    Addition A7.

    Examples
    --------
    >>> whale_curve(pd.Series({"A": -1.0, "B": 3.0, "C": 6.0}))["cumulative_margin_share"].to_dict()
    {'C': 0.75, 'B': 1.125, 'A': 1.0}
    """
    known = margin.dropna().rename_axis("account_id").sort_index().sort_values(ascending=False, kind="stable")
    units = exact_units(known)
    total, held = int(units.sum()), units.cumsum()
    return pd.DataFrame(
        {
            "accounts_share": np.arange(1, len(known) + 1) / max(len(known), 1),
            "margin_amount": known,
            "cumulative_margin_amount": held / unit_scale(known),
            "cumulative_margin_share": held / total if total > 0 else np.nan,
        }
    )


def loss_making(accounts: pd.DataFrame) -> pd.DataFrame:
    """List the accounts that cost more than they bring, the largest loss first.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``account_id``, ``revenue_amount``, ``margin_amount``, ``margin_rate``, ``margin_rate_coverage``.

    Returns
    -------
    DataFrame
        The same columns for the accounts whose margin is below 0; equals by id.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    Addition A7: they are listed, not dropped.

    Examples
    --------
    >>> accounts = pd.DataFrame({"account_id": ["A", "B"], "revenue_amount": 9.0, "margin_amount": [-2.0, 4.0],
    ...                          "margin_rate": [-0.2, 0.4], "margin_rate_coverage": 1.0})
    >>> loss_making(accounts)["account_id"].tolist()
    ['A']
    """
    columns = ["account_id", "revenue_amount", "margin_amount", "margin_rate", "margin_rate_coverage"]
    require_columns(accounts, columns, table="accounts")
    losses = accounts.loc[exact_units(accounts["margin_amount"]) < 0, columns]
    return losses.sort_values(["margin_amount", "account_id"], ignore_index=True)


def _profit(accounts: pd.DataFrame) -> dict[str, float]:
    known = accounts[accounts["margin_amount"].notna()]
    margin = exact_units(known["margin_amount"]).to_numpy()
    total, earned = int(margin.sum()), int(margin[margin > 0].sum())
    peak = earned / total if total > 0 else np.nan
    return {
        **_head_shares(known["margin_amount"], accounts["revenue_amount"], "margin"),
        "whale_peak_share": peak,
        "eroded_margin_share": peak - 1,
        "loss_making_accounts_count": float((margin < 0).sum()),
        "loss_amount": float(-known["margin_amount"].clip(upper=0).sum()) + 0.0,
    }


def _head_shares(amounts: pd.Series, revenue: pd.Series, name: str) -> dict[str, float]:
    """Return the shares of what is above nought, held by the best tenth and fifth of the active accounts."""
    units = np.sort(exact_units(amounts).to_numpy())[::-1]
    units, active = units[units > 0], int((exact_units(revenue) > 0).sum())
    held = {f"{head}_{name}_share": int(units[: head_count(active, share)].sum()) for head, share in HEAD_SHARES.items()}
    shares = {key: amount / int(units.sum()) if len(units) else np.nan for key, amount in held.items()}
    count = float((units.cumsum() < least_units(EIGHTY, units)).sum() + 1) if len(units) else np.nan
    return {**shares, f"accounts_for_80_{name}_count": count}
