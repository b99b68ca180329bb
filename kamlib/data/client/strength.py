"""How strong a planted signal is at each difficulty, and what it must show; a hard client also has healthy accounts that look bad."""

from __future__ import annotations

from dataclasses import dataclass

DIFFICULTIES = ("easy", "medium", "hard")
ACCOUNT_STORIES = (
    "unprofitable_star",
    "silent_churner",
    "single_threaded_giant",
    "disputed_on_time",
    "seasonal_dso_illusion",
    "channel_conflict",
)
STORY_KEYS = (*ACCOUNT_STORIES, "pay_cliff")
EVEN = (0.245, 0.255, 0.240, 0.260)
Condition = tuple[str, str, float]  # measure, comparison, value


@dataclass(frozen=True)
class Strength:
    """What is planted at one difficulty.

    Parameters
    ----------
    stories_count : int
        How many of the seven are drawn.
    has_decoys : bool
    margin : float
        Margin of the unprofitable star.
    fade : tuple of float
        Factor on the silent churner's last quarters.
    alone_days : int
        For how long only one contact of the giant has been met.
    customer_on_time, complaints
        On-time share by the customer's own measure, and complaints about late delivery in a year.
    season : tuple of float
        Share of the seasonal buyer's year in each quarter from July.
    agent_discount : float
        Discount of the customer that an agent serves a second time.
    has_like_name : bool
        Whether the two stand under nearly one name, or share the tax number only.
    pulled_share : float
        Share of a quarter's orders that are the first ones of the next, booked at its end.
    missed_count : int
        Quarters of a year in which the threshold is out of reach and nothing is pulled.
    bonus_share : float
        The bonus at the threshold, as a share of a quarter's salary.
    """

    stories_count: int
    has_decoys: bool
    margin: float
    fade: tuple[float, ...]
    alone_days: int
    customer_on_time: float
    complaints: int
    season: tuple[float, ...]
    agent_discount: float
    has_like_name: bool
    pulled_share: float
    missed_count: int
    bonus_share: float


STRENGTH = {
    "easy": Strength(3, False, 0.02, (0.92, 0.62, 0.30), 1200, 0.79, 9, (0.02, 0.03, 0.05, 0.90), 0.15, True, 0.42, 0, 0.30),
    "medium": Strength(5, False, 0.08, (0.95, 0.75, 0.46), 300, 0.84, 6, (0.04, 0.05, 0.09, 0.82), 0.12, True, 0.36, 1, 0.22),
    "hard": Strength(7, True, 0.15, (1.00, 0.82, 0.60), 205, 0.87, 4, (0.06, 0.07, 0.10, 0.77), 0.10, False, 0.30, 1, 0.15),
}

# What the planted account shows. A sign holds, beside it, for nobody but the declared decoy; the frame tells the two apart.
SIGNS: dict[str, dict[str, tuple[Condition, ...]]] = {
    "unprofitable_star": {
        "easy": (("margin_rate", "<=", 0.06),),
        "medium": (("margin_rate", "<=", 0.12),),
        "hard": (("margin_rate", "<=", 0.19),),
    },
    "silent_churner": {
        "easy": (("order_change_rate", "<=", -0.50), ("usage_change_rate", "<=", -0.50)),
        "medium": (("order_change_rate", "<=", -0.38), ("usage_change_rate", "<=", -0.38)),
        "hard": (("order_change_rate", "<=", -0.25), ("usage_change_rate", "<=", -0.25)),
    },
    "single_threaded_giant": dict.fromkeys(DIFFICULTIES, (("active_contacts_count", "<=", 1),)),
    "disputed_on_time": {
        "easy": (("complaints_count", ">=", 6), ("customer_on_time_share", "<=", 0.85)),
        "medium": (("complaints_count", ">=", 4), ("customer_on_time_share", "<=", 0.88)),
        "hard": (("complaints_count", ">=", 3), ("customer_on_time_share", "<=", 0.90)),
    },
    "seasonal_dso_illusion": dict.fromkeys(DIFFICULTIES, (("dso_days", ">=", 67),)),
    "channel_conflict": dict.fromkeys(DIFFICULTIES, (("channel_conflicts_count", ">=", 1),)),
    "pay_cliff": {
        "easy": (("quarter_end_share", ">=", 0.30), ("cliffs_count", ">=", 1)),
        "medium": (("quarter_end_share", ">=", 0.22), ("cliffs_count", ">=", 1)),
        "hard": (("quarter_end_share", ">=", 0.18), ("cliffs_count", ">=", 1)),
    },
}
FRAMES: dict[str, tuple[Condition, ...]] = {
    "unprofitable_star": (("revenue_rank", "<=", 5),),
    "silent_churner": (("complaints_count", "<=", 0),),
    "single_threaded_giant": (("revenue_rank", "<=", 3),),
    "disputed_on_time": (("on_time_rate", ">=", 0.93),),
    "seasonal_dso_illusion": (("last_quarter_share", ">=", 0.60), ("dso_to_countback_ratio", ">=", 1.5), ("overdue_share", "<=", 0.05)),
    "channel_conflict": (("shared_tax_number_count", ">=", 1),),
    "pay_cliff": (("just_reached_count", ">=", 3),),
}


def shows(story: str, difficulty: str) -> tuple[Condition, ...]:
    """Return every condition that a planted story meets, and all together nobody else.

    Parameters
    ----------
    story : str
        One of `STORY_KEYS`.
    difficulty : str
        One of `DIFFICULTIES`.

    Returns
    -------
    tuple of (measure, comparison, value)

    Examples
    --------
    >>> shows("unprofitable_star", "easy")
    (('margin_rate', '<=', 0.06), ('revenue_rank', '<=', 5))
    """
    return SIGNS[story][difficulty] + FRAMES[story]
