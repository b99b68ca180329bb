"""M21: whose base a line counts for: the seller of the order, else those who share the account, else its manager."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from kamlib.checks import require_columns
from kamlib.money import exact_units, unit_scale
from kamlib.periods import Window, period_window

NOBODY = "(none)"


@dataclass(frozen=True)
class Credit:
    """What one account brings to the base of one person.

    Parameters
    ----------
    account_id, person : str
    amount : Fraction
        The person's part.
    of_amount : Fraction
        What the lines add up to.
    share : Fraction
    lines : int
    by : str
        ``order`` (its own seller), ``share`` (table of credits) or ``account`` (the account's manager).
    """

    account_id: str
    person: str
    amount: Fraction
    of_amount: Fraction
    share: Fraction
    lines: int
    by: str


def credits_of(
    lines: pd.DataFrame,
    managers: Mapping[str, str],
    shares: pd.DataFrame | None,
    *,
    window: Window,
    fiscal_year_start: int = 1,
) -> list[Credit]:
    """Credit every line of a period to the people whose base it is.

    Parameters
    ----------
    lines : DataFrame, one row per line
        ``account_id date amount`` and, where an order names its seller, ``manager_id``.
    managers : mapping of str to str
        Account to its manager; an account without one counts for nobody.
    shares : DataFrame, optional
        ``period account_id manager_id share``: those who share an account in a period; the shares of an account add up to 1.
    window : Window
        The period; other lines are left out.
    fiscal_year_start : int

    Returns
    -------
    list of Credit
        By account and person. Their amounts add up to the lines exactly, without any rounding.

    Raises
    ------
    ValueError
        A column is missing, or the shares of an account do not add up to 1.

    Notes
    -----
    Of several credit periods that hold a line the shortest counts.

    References
    ----------
    M21, ruling F65; design.md: `orders.manager_id` gets the credit, else the account's manager.

    Examples
    --------
    >>> from datetime import date
    >>> lines = pd.DataFrame({"account_id": ["A", "A"], "date": pd.to_datetime(["2026-04-02", "2026-07-01"]), "amount": [100.0, 7.0]})
    >>> shares = pd.DataFrame({"period": "2026Q2", "account_id": "A", "manager_id": ["M1", "M2"], "share": [0.7, 0.3]})
    >>> found = credits_of(lines, {"A": "M1"}, shares, window=period_window("2026Q2"))
    >>> [(credit.person, int(credit.amount)) for credit in found]
    [('M1', 70), ('M2', 30)]
    """
    require_columns(lines, ["account_id", "date", "amount"], table="lines")
    inside = lines[window.contains(lines["date"])]
    shared = _Shares(shares, fiscal_year_start)
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    scale = unit_scale(inside["amount"])
    for (account, seller, span), (units, count) in _sums(inside, shared).items():
        for person, share, by in shared.people(account, seller, span, managers):
            found = sums[account, person, f"{by}|{share}"]
            found[0] += units
            found[1] += count
    return [_credit(key, units, count, scale) for key, (units, count) in sorted(sums.items())]


class _Shares:
    """Who shares an account, and in which spans."""

    def __init__(self, shares: pd.DataFrame | None, fiscal_year_start: int) -> None:
        self.of: dict[tuple[str, str], dict[str, Fraction]] = defaultdict(dict)
        if shares is not None:
            require_columns(shares, ["period", "account_id", "manager_id", "share"], table="credits")
            for row in shares.itertuples():
                self.of[row.account_id, row.period][row.manager_id] = Fraction(repr(float(row.share)))
        for (account, period), people in self.of.items():
            if sum(people.values()) != 1:
                listed = ", ".join(f"{person}: {float(share):g}" for person, share in people.items())
                raise ValueError(f"the credit shares of an account must add up to 1; {account} in {period} has {listed}")
        periods = {period for _, period in self.of}
        self.windows = sorted(((period, period_window(period, fiscal_year_start)) for period in periods), key=lambda pair: -pair[1].days)

    def spans(self, rows: pd.DataFrame) -> pd.Series:
        """Name for each line the shortest period in which its account is shared."""
        found = pd.Series("", index=rows.index, dtype=object)
        owner = rows["account_id"].astype("str")
        for period, window in self.windows:
            within = owner.isin([account for account, name in self.of if name == period]) & window.contains(rows["date"])
            found = found.mask(within, period)
        return found

    def people(self, account: str, seller: str, span: str, managers: Mapping[str, str]) -> Iterator[tuple[str, Fraction, str]]:
        if seller:
            yield seller, Fraction(1), "order"
        elif span:
            yield from ((person, share, "share") for person, share in self.of[account, span].items())
        else:
            manager = managers.get(account)
            yield manager if isinstance(manager, str) else NOBODY, Fraction(1), "account"


def _sums(lines: pd.DataFrame, shared: _Shares) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Add up whole units by account, the order's own seller and the span in which the account is shared."""
    seller = lines["manager_id"].astype("str").fillna("") if "manager_id" in lines else pd.Series("", index=lines.index)
    keys = {"account_id": lines["account_id"].astype("str"), "seller": seller.astype(object), "span": shared.spans(lines)}
    rows = pd.DataFrame({**keys, "units": exact_units(lines["amount"])})
    found = rows.groupby(["account_id", "seller", "span"])["units"].agg(["sum", "size"])
    return {key: (int(units), int(count)) for key, units, count in zip(found.index, found["sum"], found["size"], strict=True)}


def _credit(key: tuple[str, str, str], units: int, count: int, scale: int) -> Credit:
    account, person, how = key
    by, _, share = how.partition("|")
    return Credit(account, person, Fraction(units, scale) * Fraction(share), Fraction(units, scale), Fraction(share), count, by)
