"""M26: whether the targets of a manager's accounts add up to the manager's own."""

from __future__ import annotations

import pandas as pd

from kamlib.checks import require_columns

SUMMED = "_amount"  # only amounts add up over accounts


def targets_off_quota(targets: pd.DataFrame, managers: pd.Series, *, tolerance: float) -> pd.DataFrame:
    """List the quotas that the targets of the accounts below do not add up to.

    Parameters
    ----------
    targets : DataFrame, one row per target
        ``scope id metric period target``.
    managers : Series of str
        Manager of each account.
    tolerance : float
        Part of the quota by which the sum may be off.

    Returns
    -------
    DataFrame
        ``manager_id metric period quota_amount accounts_amount``: of the same metric and period; a quota without any account target is
        left out.

    Raises
    ------
    ValueError
        A column is missing.

    References
    ----------
    M26, ruling F75.

    Examples
    --------
    >>> targets = pd.DataFrame({"scope": ["manager", "account"], "id": ["M1", "A"], "metric": "revenue_amount", "period": "2026",
    ...                         "target": [100.0, 98.9]})
    >>> targets_off_quota(targets, pd.Series({"A": "M1"}), tolerance=0.01)["accounts_amount"].tolist()
    [98.9]
    """
    require_columns(targets, ["scope", "id", "metric", "period", "target"], table="targets")
    rows = targets[targets["metric"].astype("str").str.endswith(SUMMED)].astype({"id": "str", "metric": "str", "period": "str"})
    quota = rows[rows["scope"] == "manager"].rename(columns={"id": "manager_id", "target": "quota_amount"})
    below = rows[rows["scope"] == "account"].assign(manager_id=lambda part: part["id"].map(managers))
    keys = ["manager_id", "metric", "period"]
    sums = below.groupby(keys)["target"].sum().rename("accounts_amount").reset_index()
    both = quota[[*keys, "quota_amount"]].merge(sums, on=keys)
    off = (both["accounts_amount"] - both["quota_amount"]).abs() > tolerance * both["quota_amount"].abs() * (1 + 1e-9)
    return both[off].sort_values(keys, ignore_index=True)
