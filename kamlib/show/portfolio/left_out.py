"""Sections that would be one line: they publish that line, and the page gathers them under what cannot be measured."""

from __future__ import annotations

from collections.abc import Callable

from kamlib.segments.conflicts import CLASSIFICATIONS
from kamlib.show import reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import word
from kamlib.show.publish import payload, publish

CHANCE = 0.05
PROFILED = ("accounts.industry", "accounts.region")


def left_out(portfolio) -> dict[str, str]:
    """Return for each section that has nothing but one line to show its id and that line.

    Parameters
    ----------
    portfolio : Portfolio

    Returns
    -------
    dict of str to str
        In the order of the review.
    """
    found = {f"portfolio_{key}": line(portfolio) for key, line in _LINES.items()}
    return {key: words for key, words in found.items() if words}


def leave_out(portfolio, key: str) -> bool:
    """Publish a section without a heading, and tell so, where it would be one line; what cannot be measured shows that line."""
    words = _LINES[key.removeprefix("portfolio_")](portfolio)
    if words:
        title = word(portfolio, key)
        plain = word(portfolio, "left_out_line", title=title, words=words)
        publish(payload("section", key, title=title), html="", plain=plain)
    return bool(words)


def not_measured(portfolio, metric: str) -> str:
    """Say why nobody has a class."""
    code = portfolio.notes.get(metric)
    reason = reading.code_words(code, language=portfolio.language) if code else reading.say(portfolio, "not_measured")
    return word(portfolio, "not_measured_because", name=reading.label(portfolio, metric), reason=reason)


def telling(portfolio) -> list[str]:
    """Return the attributes that tell key accounts from the others better than chance."""
    ranking = portfolio.table("profile_ranking")
    return [] if ranking.empty else ranking.loc[ranking["permutation_p"] < CHANCE, "attribute"].tolist()


def _profit(portfolio) -> str:
    from kamlib.show.portfolio.page import profit_words

    return profit_words(portfolio).striptags() if portfolio.whale.empty else ""


def _tiers(portfolio) -> str:
    blank = [metric for metric in ("tier", "stars_count") if portfolio.accounts[metric].isna().all()]
    said = [not_measured(portfolio, metric) for metric in blank]
    return text.paragraph(said, language=portfolio.language) if len(said) > 1 else ""


def _lifecycle(portfolio) -> str:
    return not_measured(portfolio, "lifecycle_stage") if portfolio.accounts["lifecycle_stage"].isna().all() else ""


def _managers(portfolio) -> str:
    return word(portfolio, "no_managers", input=_input(portfolio, "accounts.manager_id")) if _nobody(portfolio) else ""


def _nobody(portfolio) -> bool:
    return portfolio.accounts["manager_id"].isna().all()


def _back_office(portfolio) -> str:
    inputs = blocks.names(portfolio, [_input(portfolio, name) for name in portfolio.departments_missing])
    return word(portfolio, "no_back_office", inputs=inputs) if portfolio.departments.empty else ""


def _movers(portfolio) -> str:
    if reading.figure(portfolio, "growth_rate") is not None:
        return ""
    now = reading.write(portfolio, "revenue_amount", reading.figure(portfolio, "revenue_amount"))
    return word(portfolio, "tells_growth_open", now=now)


def _groups(portfolio) -> str:
    return word(portfolio, "no_groups", input=_input(portfolio, "accounts.parent_id")) if portfolio.groups.empty else ""


def _classes(portfolio) -> str:
    measured = [name for name in CLASSIFICATIONS if portfolio.accounts[name].notna().any()]
    return word(portfolio, "nothing_to_cross") if len(measured) <= 1 else ""


def _profile(portfolio) -> str:
    ranking = portfolio.table("profile_ranking")
    if ranking.empty:
        return word(portfolio, "no_profile", inputs=blocks.names(portfolio, [_input(portfolio, name) for name in PROFILED]))
    if telling(portfolio):
        return ""
    pairs = ranking[["attribute", "permutation_p"]].to_numpy(dtype=object).tolist()
    tried = [
        word(portfolio, "profile_tried", name=text.inside(word(portfolio, name)), p=blocks.written(portfolio, p, "chance"))
        for name, p in pairs
    ]
    return word(portfolio, "profile_not_telling", tried=blocks.names(portfolio, tried))


def _qualified(portfolio) -> str:
    decided = portfolio.accounts["qualification_verdict"].isin(["qualified", "candidate", "not_key"])
    inputs = blocks.names(portfolio, [_input(portfolio, name) for name in ("accounts.fit", "accounts.purchasing_mode")])
    return "" if decided.any() else word(portfolio, "chosen_open", inputs=inputs)


def _risk(portfolio) -> str:
    return word(portfolio, "risk_open") if portfolio.accounts["risk_level"].isna().all() else ""


def _drill(portfolio) -> str:
    return "" if portfolio.drill else word(portfolio, "drill_open")


def _stage_tenure(portfolio) -> str:
    if portfolio.accounts["relationship_stage"].notna().any():
        return ""
    return word(portfolio, "tenure_open", input=_input(portfolio, "assessments.level"))


def _prices(portfolio) -> str:
    if reading.figure(portfolio, "discount_rate") is not None:
        return ""
    return word(portfolio, "prices_open", reason=reading.value_words(portfolio, "discount_rate"))


def _levers(portfolio) -> str:
    known = [score for score in portfolio.levers["levers"].get("readiness_score", []) if score is not None]
    return "" if known else word(portfolio, "lever_open")


def _readiness(portfolio) -> str:
    return "" if portfolio.levers["levels"] or portfolio.levers["communication"] else word(portfolio, "ready_open")


def _pay_plans(portfolio) -> str:
    return "" if portfolio.pay_design else word(portfolio, "design_open")


def _input(portfolio, name: str) -> str:
    return text.input_name(name, language=portfolio.language)


_LINES: dict[str, Callable] = {
    "profit": _profit,
    "tiers": _tiers,
    "lifecycle": _lifecycle,
    "qualified": _qualified,
    "risk_radar": _risk,
    "loss_drill": _drill,
    "stage_tenure": _stage_tenure,
    "price_guard": _prices,
    "managers": _managers,
    "back_office": _back_office,
    "movers": _movers,
    "groups": _groups,
    "classes": _classes,
    "profile": _profile,
    "six_levers": _levers,
    "company_ready": _readiness,
    "pay_plans": _pay_plans,
}
