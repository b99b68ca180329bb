"""M7: what an account could buy of a product line, by what its peers spend on it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.periods import trailing_window

QUARTILES = (0.25, 0.5, 0.75)
TERCILES = 3


def whitespace(orders: pd.DataFrame, accounts: pd.DataFrame, *, as_of: date, minimum_peers: int) -> pd.DataFrame:
    """Estimate what each active account could spend on the product lines that it buys little or nothing of.

    Parameters
    ----------
    orders : DataFrame, one row per order line
        ``account_id product_line order_date net_revenue``; lines without a product line are left out.
    accounts : DataFrame, one row per account
        Indexed by account: ``industry`` and ``annual_wallet``, blank where not known.
    as_of : date
    minimum_peers : int
        Fewer peers that buy the line give no estimate.

    Returns
    -------
    DataFrame
        One row per account and line: ``account_id product_line state`` (bought, thin, lapsed or white), ``bought_amount``,
        for all but bought ``estimate_amount low_amount high_amount`` (NaN without peers), ``adoption_share`` (peers that buy
        it), ``peers_count`` and ``peers_by`` (industry or size).

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Peers: other active accounts of the industry that buy the line, else those of the same third of revenue. Estimate =
    max(0, s * R - b): s the median of the peers' share of revenue on the line, R the account's revenue of twelve months, b
    what it buys; the range takes the quartiles. R does not grow with the line: deliberately low. Where the wallet is known all
    estimates of an account are scaled down to what is left of it.

    References
    ----------
    [S2b] cross-selling; M7, rulings F9, F28.

    Examples
    --------
    >>> ids = list("abcdef")
    >>> day = pd.to_datetime("2026-05-01")
    >>> orders = pd.DataFrame({"account_id": [*ids, *ids[:5]], "product_line": ["x"] * 6 + ["y"] * 5, "order_date": day,
    ...                        "net_revenue": [70.0] * 5 + [100.0] + [30.0] * 5})
    >>> accounts = pd.DataFrame({"industry": "steel", "annual_wallet": None}, index=ids)
    >>> found = whitespace(orders, accounts, as_of=date(2026, 6, 30), minimum_peers=5)
    >>> found.loc[found["account_id"] == "f", ["product_line", "state", "estimate_amount"]].to_numpy().tolist()
    [['x', 'bought', nan], ['y', 'white', 30.0]]
    """
    require_columns(orders, ["account_id", "product_line", "order_date", "net_revenue"], table="orders")
    require_columns(accounts, ["industry", "annual_wallet"], table="accounts")
    named = orders[orders["product_line"].notna()]
    keys = [named["account_id"].astype("str"), named["product_line"].astype("str")]
    year = trailing_window(as_of).contains(named["order_date"])
    bought = named["net_revenue"].where(year, 0.0).groupby(keys).sum().unstack(fill_value=0.0)
    ever = (named["net_revenue"] > 0).groupby(keys).any().unstack(fill_value=False)
    everything = trailing_window(as_of).contains(orders["order_date"])
    total = orders["net_revenue"].where(everything, 0.0).groupby(orders["account_id"].astype("str")).sum()
    revenue = total.reindex(bought.index)  # also what stands under no line: the wallet holds that too
    active = revenue.index[(revenue > 0) & revenue.index.isin(accounts.index)].sort_values()
    bought, ever, revenue = bought.loc[active], ever.loc[active], revenue[active]
    share = bought.div(revenue, axis=0).where(bought > 0)
    size = ((revenue.rank(method="min") - 1) * TERCILES // max(len(revenue), 1)).astype(int).astype("str")
    by_industry, by_size = (_peers(share, group) for group in (accounts["industry"].reindex(active).astype("str"), size))
    enough = by_industry["count"] >= minimum_peers
    chosen = {name: by_industry[name].where(enough, by_size[name]) for name in by_size}
    measured = chosen["count"] >= minimum_peers
    spend = {name: chosen[name].where(measured).mul(revenue, axis=0) for name in ("low", "middle", "high")}
    thin = (bought > 0) & (bought < spend["low"])
    state = pd.DataFrame(np.select([thin, bought > 0, ever], ["thin", "bought", "lapsed"], default="white"), bought.index, bought.columns)
    room = {name: (spend[name] - bought).clip(lower=0).where(state != "bought") for name in spend}
    scale = _to_wallet(room["middle"], revenue, accounts["annual_wallet"].reindex(active).astype(float))
    columns = {
        "state": state,
        "bought_amount": bought,
        "estimate_amount": room["middle"].mul(scale, axis=0),
        "low_amount": room["low"].mul(scale, axis=0),
        "high_amount": room["high"].mul(scale, axis=0),
        "adoption_share": (chosen["count"] / chosen["peers"].where(chosen["peers"] > 0)).where(measured),
        "peers_count": chosen["count"],
        "peers_by": pd.DataFrame(np.where(enough, "industry", "size"), bought.index, bought.columns).where(measured),
    }
    long = pd.DataFrame({name: frame.stack() for name, frame in columns.items()}).rename_axis(["account_id", "product_line"])
    return long.reset_index()


def _peers(share: pd.DataFrame, group: pd.Series) -> dict[str, pd.DataFrame]:
    """Count for each account and line the other members of its group that buy the line, with quartiles of their shares."""
    found = {name: pd.DataFrame(np.nan, share.index, share.columns) for name in ("low", "middle", "high", "count", "peers")}
    for name, members in group.groupby(group).groups.items():
        if pd.isna(name):
            continue
        part = share.loc[members]
        found["peers"].loc[members] = float(len(members) - 1)
        for line in share.columns:
            values = part[line].to_numpy(float)
            count, quartiles = _without_own(values)
            found["count"].loc[members, line] = count
            for key, column in zip(("low", "middle", "high"), quartiles.T, strict=True):
                found[key].loc[members, line] = column
    return found


def _without_own(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each entry the count and the quartiles of the other entries that are there."""
    there = np.sort(values[~np.isnan(values)])
    own = np.where(np.isnan(values), len(there), np.searchsorted(there, np.nan_to_num(values)))
    count = len(there) - (own < len(there))
    quartiles = np.full((len(values), len(QUARTILES)), np.nan)
    for place, quantile in enumerate(QUARTILES):
        position = quantile * (count - 1)
        below = np.floor(position).clip(min=0).astype(int)
        above = np.minimum(below + 1, np.maximum(count - 1, 0))
        low, high = (_skipping(there, index, own) for index in (below, above))
        quartiles[:, place] = np.where(count > 0, low + (position - below) * (high - low), np.nan)
    return count.astype(float), quartiles


def _skipping(there: np.ndarray, index: np.ndarray, own: np.ndarray) -> np.ndarray:
    moved = index + (index >= own)
    return there[np.minimum(moved, max(len(there) - 1, 0))] if len(there) else np.full(len(index), np.nan)


def _to_wallet(room: pd.DataFrame, revenue: pd.Series, wallet: pd.Series) -> pd.Series:
    total = room.sum(axis=1)
    left = (wallet - revenue).clip(lower=0)
    return (left / total.where(total > 0)).clip(upper=1).where(wallet.notna() & (total > 0), 1.0)
