"""What is planted in the sample, where it must be found and what the numbers must show: the one truth of tests, docs and course."""

from __future__ import annotations

from dataclasses import dataclass

from kamlib.data.sample.profiles import PROFILES

_NAMES = {profile.account_id: profile.name for profile in PROFILES}


@dataclass(frozen=True)
class Story:
    """One planted truth.

    Parameters
    ----------
    key, account_id : str
        The story and the account that it is told of.
    planted : str
        What the generator does to the account.
    found_in : tuple of str
        Metrics and sections of the method in which it must be found.
    shows : tuple of (measure, comparison, value)
        What holds for this account and, all together, for no account without a story; a measure
        that is a metric has the metric's id.
    en, zh : str
        Title.
    also : tuple of str
        Further accounts that the story needs.
    """

    key: str
    account_id: str
    planted: str
    found_in: tuple[str, ...]
    shows: tuple[tuple[str, str, float], ...]
    en: str
    zh: str
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The account's name."""
        return _NAMES[self.account_id]


STORIES = (
    Story("single_threaded_giant", "A001", "the largest account; only one buyer there is ever met",
          ("revenue_amount", "M9 single-threaded", "M17 no backup"),
          (("revenue_rank", "<=", 1), ("active_contacts_count", "<=", 1)),
          "The largest account hangs on one person", "最大客户系于一人"),
    Story("silent_churner", "A005", "orders and machine hours fade for three quarters, with no complaint and satisfied answers",
          ("M17 order drop", "M17 usage drop", "growth_rate"),
          (("order_change_rate", "<=", -0.5), ("usage_change_rate", "<=", -0.5), ("complaints_count", "<=", 0)),
          "Leaving without a word", "沉默流失"),
    Story("unprofitable_star", "A008", "the second largest account; engineering cost eats the margin",
          ("margin_rate", "tier", "M1 whale curve"),
          (("revenue_amount", ">=", 5e6), ("margin_rate", "<=", 0.03)),
          "Large, loyal and without profit", "大而无利的明星客户"),
    Story("grow_account", "A011", "a growing customer in a growing industry that gives us an eighth of what it buys",
          ("potential_score", "wallet_share", "segment"),
          (("potential_score", ">=", 80), ("wallet_share", "<=", 0.2), ("revenue_amount", ">=", 1e6)),
          "Much to win, little won so far", "潜力高、份额低"),
    Story("seasonal_buyer", "A014", "nine tenths of a year are ordered in May, invoiced in June and paid when due",
          ("dso_days", "dso_countback_days", "days_late_days"),
          (("dso_to_countback_ratio", ">=", 1.5), ("overdue_share", "<=", 0.05), ("last_quarter_share", ">=", 0.75)),
          "A season that looks like slow payment", "季节性采购造成的账期假象"),
    Story("channel_conflict", "A015", "one company, served directly here and through an agent as A039 under nearly the same name",
          ("M22 channel conflicts",),
          (("channel_conflicts_count", ">=", 1),),
          "Served twice: directly and by an agent", "直销与代理撞单", also=("A039",)),
    Story("old_shallow", "A018", "a customer for twelve years, known only as a buyer of parts",
          ("lifecycle_stage", "relationship_stage", "M12 lag"),
          (("stage_lag_count", ">=", 3),),
          "Old customer, young relationship", "老客户、浅关系"),
    Story("young_deep", "A019", "ten months in, with a joint team, shared measures and every function involved",
          ("lifecycle_stage", "relationship_stage", "M12 lag"),
          (("stage_lag_count", "<=", -2),),
          "Young customer, deep relationship", "新客户、深关系"),
    Story("discount_abuser", "A022", "a fifth off every order, approved by nobody who may, for an account that hardly minds the price",
          ("discount_rate", "M20 exceptions", "margin_rate"),
          (("discount_rate", ">=", 0.15), ("beyond_authority_share", ">=", 0.5), ("price_sensitivity", "<=", 2)),
          "Discounts nobody may grant", "越权打折"),
    Story("star_poached", "A026", "a star with a rival's quote five weeks old and its champion gone without a handover",
          ("M17 competitor", "M17 contact change", "revenue_at_risk_amount"),
          (("competitor_quotes_count", ">=", 1), ("open_leavers_count", ">=", 1), ("revenue_amount", ">=", 5e6)),
          "A star about to be poached", "即将被挖走的明星客户"),
    Story("slow_payer", "A030", "pays three months late, in two parts, and always has",
          ("dso_days", "overdue_share", "days_late_days"),
          (("dso_days", ">=", 120), ("overdue_share", ">=", 0.4)),
          "Pays three months late", "账款拖欠三个月"),
    Story("disputed_on_time", "A037", "on time by our dates; by the customer's own measure late, with complaints to show for it",
          ("on_time_rate", "M16 outcomes", "M11 tickets", "satisfaction_score"),
          (("on_time_rate", ">=", 0.95), ("customer_on_time_share", "<=", 0.85), ("complaints_count", ">=", 5)),
          "On time for us, late for them", "准时率之争"),
    Story("lapsed", "A042", "nothing ordered for thirteen months, nobody called, still listed as active",
          ("retention_rate", "growth_rate", "M17 order drop"),
          (("revenue_amount", "<=", 0), ("revenue_prior_amount", ">=", 5e5), ("is_listed_active", ">=", 1)),
          "Gone, and nobody noticed", "已流失却无人察觉"),
    Story("brand_new", "A046", "signed nine weeks ago, first order in May",
          ("lifecycle_stage", "new_customer_rate", "growth_rate"),
          (("tenure_months", "<=", 2), ("revenue_prior_amount", "<=", 0), ("revenue_amount", ">=", 1)),
          "Brand new", "全新客户"),
    Story("group_of_sites", "A048", "three sites, each a key account, together a strategic one; the parent itself orders nothing",
          ("M30 groups", "tier"),
          (("sites_count", ">=", 3), ("group_revenue_amount", ">=", 5e6)),
          "Three sites, one strategic group", "三家工厂，一个战略级集团", also=("A002", "A024", "A052")),
    Story("returns_only", "A050", "stopped ordering; the last twelve months hold nothing but returns",
          ("revenue_amount", "abc_class"),
          (("revenue_amount", "<=", -1),),
          "Nothing but returns", "只退不买"),
)  # fmt: skip

_TOLD_OF = {account_id for story in STORIES for account_id in (story.account_id, *story.also)}
# Buying customers without a story: no signal may fire there.
QUIET_ACCOUNTS = tuple(profile.account_id for profile in PROFILES if profile.account_id not in _TOLD_OF and profile.status == "active")

# The six accounts that `kam demo` renders, and what each is there to show.
DEMO_ACCOUNTS = {"A001": "core", "A005": "at_risk", "A008": "problem", "A011": "grow", "A018": "maintain", "A022": "optimise"}
