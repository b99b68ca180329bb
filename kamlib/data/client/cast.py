"""Who a synthetic client's customers and managers are, as the generator sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from kamlib.data.client.strength import EVEN, STRENGTH, Strength
from kamlib.data.client.trades import Trade


@dataclass(frozen=True)
class Account:
    """One customer as the generator sees it; a default is what an account has of which nothing is told.

    Parameters
    ----------
    revenue, growth
        Yearly revenue in CNY of the last year before `fade`, and its growth a year (fraction).
    orders : int
        Orders a year.
    season, season_days
        Share of a year's revenue in July-September, October-December, January-March, April-June; first day and length, within the
        last of them, of the days on which a season orders: in the others it does so early.
    fade, use_fade : tuple of float
        Factor on orders, and on machine hours, of the last quarters, the newest last.
    margin : float or None
        Margin of every line; None: as the price list has it.
    alone_days : int
        For how long only the first contact has been met.
    pulled_share : float
        Share of a quarter's orders, the first ones of the next, that are booked at its end.
    call_off_days : int
        Orders of so many last days of a quarter are mostly booked at its end.
    complaints, complaint_cause
        Complaints of the last twelve months, and what they are about.
    """

    account_id: str
    name: str
    industry: str
    industry_growth: float
    region: str
    manager_id: str
    signed_on: date
    starts: date
    revenue: float
    growth: float
    orders: int
    roles: str
    ratings: str
    tax_id: str
    discount: float
    terms_days: int
    late_days: float
    satisfaction: float
    touches: int
    last_touch_days: int
    wallet_share: float
    outlook: str
    complaints: int
    complaint_cause: str = "product"
    channel: str = "direct"
    agent_id: str = ""
    season: tuple[float, ...] = EVEN
    season_days: tuple[int, int] | None = None
    fade: tuple[float, ...] = ()
    use_fade: tuple[float, ...] = ()
    margin: float | None = None
    on_time: float = 0.94
    customer_on_time: float | None = None
    alone_days: int = 0
    pulled_share: float = 0.0
    call_off_days: int = 0


@dataclass(frozen=True)
class Cast:
    """The client before its tables are drawn.

    Parameters
    ----------
    seed : int
    difficulty : str
    trade : Trade
    name : str
        The client's own.
    accounts : tuple of Account
        By id.
    managers : tuple of (id, name, level, base salary, hire date)
    stories : dict of str to tuple of str
        Story to its accounts; of ``pay_cliff`` the manager and the pay plan.
    decoys : dict of str to tuple of str
        Story to the accounts, or the manager, that look like it in one measure.
    threshold_manager : str
        Whose pay plan has a threshold, where that story is planted.
    missed : tuple of int
        Quarters, counted from the first, in which that manager does not reach it.
    """

    seed: int
    difficulty: str
    trade: Trade
    name: str
    accounts: tuple[Account, ...]
    managers: tuple[tuple, ...]
    stories: dict[str, tuple[str, ...]]
    decoys: dict[str, tuple[str, ...]]
    threshold_manager: str
    missed: tuple[int, ...]

    @property
    def strength(self) -> Strength:
        """How strong the signals are."""
        return STRENGTH[self.difficulty]

    def stream(self, name: str) -> Random:
        """Return a stream of draws of its own, so that what is planted in one place leaves every other as it was."""
        return Random(f"{self.seed} {self.difficulty} {name}")
