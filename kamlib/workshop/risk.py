"""Risk: what the early warning would have said on a past day, what came of it, and where the room sets its levels (M17, M18)."""

from __future__ import annotations

import json
from datetime import date

import ipywidgets as widgets
import pandas as pd
from markupsafe import Markup

from kamlib import warning
from kamlib.backtest import backtest_dates, horizon_months, outcomes, predictions
from kamlib.policy import WarningRules
from kamlib.show import text
from kamlib.workshop.cuts import Cut, save_moved, wanted
from kamlib.workshop.panel import Panel, page, say
from kamlib.workshop.risk_page import risk_page
from kamlib.workshop.session import Workshop

CUTS = {"levels": Cut(("warning.levels.amber_score", "warning.levels.red_score"), 1, 100, scale=0.01)}
LEVELS = "warning.levels."


def risk(workshop: Workshop) -> Panel:
    """Return the panel on which a room asks what the early warning would have told, and sets its levels.

    Parameters
    ----------
    workshop : Workshop

    Returns
    -------
    Panel
        Controls ``day`` (past month ends whose outcome is known) and ``levels`` (where amber and where red begin, 0 to 100).
    """
    (months, days), names = past_days(workshop), workshop.accounts
    options = [(text.day(day, language=workshop.language), day) for day in reversed(days)]
    chooser = widgets.Dropdown(options=options, description=say(workshop, "risk.day"), layout={"width": "auto"})
    controls = {"day": chooser, **{name: cut.control() for name, cut in CUTS.items()}, "busy": widgets.HTML()}
    scored: dict[tuple[date, str], pd.DataFrame] = {}

    def rows_of(day: date) -> pd.DataFrame:
        key = (day, _without_levels(workshop))
        if key not in scored:
            controls["busy"].value = say(workshop, "risk.busy", day=text.day(day, language=workshop.language))
            try:
                scored[key] = with_outcomes(workshop, day, months)
            finally:
                controls["busy"].value = ""
        return scored[key]

    def load() -> None:
        for name, cut in CUTS.items():
            cut.put(controls[name], workshop.engagement)

    def draw() -> Markup:
        low, high = controls["levels"].value
        controls["levels"].description = say(workshop, "risk.levels", low=f"{low:g}", high=f"{high:g}")
        rules, day = _rules(workshop, controls), chooser.value
        if day is None:
            return page(workshop, [Markup("<p class='kam-lead'>{}</p>").format(say(workshop, "risk.too_short"))])
        rows_of(day)
        known = {past: levelled(rows, rules) for (past, policy), rows in sorted(scored.items()) if policy == _without_levels(workshop)}
        before = levelled(rows_of(day), workshop.engagement.policy.warning)
        return page(workshop, risk_page(workshop, day, months, known, before, rules, names))

    def save() -> str:
        _rules(workshop, controls)
        return save_moved(workshop, wanted(CUTS, controls), say(workshop, "risk.saved", levels=controls["levels"].description))

    return Panel(workshop, "risk", controls, draw, save=save, load=load)


def past_days(workshop: Workshop) -> tuple[int, list[date]]:
    """Return how many months are observed after a day, and the past month ends whose outcome is known.

    Parameters
    ----------
    workshop : Workshop

    Returns
    -------
    tuple of int and list of date
        Oldest first; none where the history is too short.

    References
    ----------
    M18, ruling F77.
    """
    first = workshop.tables["orders"]["order_date"].min().date()
    months = horizon_months(first, workshop.as_of)
    return months, backtest_dates(first, workshop.as_of, horizon=months)


def with_outcomes(workshop: Workshop, day: date, months: int) -> pd.DataFrame:
    """Score every account from what was known on a day, and put beside it what it bought afterwards.

    Parameters
    ----------
    workshop : Workshop
    day : date
    months : int
        Observed after the day.

    Returns
    -------
    DataFrame, one row per account whose risk and outcome are known
        Indexed by account: every signal, ``base_amount after_amount is_lost is_lapsed``.

    References
    ----------
    M18, rulings F2, F77.
    """
    guessed = predictions(workshop.tables, workshop.engagement, day)[0].set_index("account_id")
    orders, until = workshop.tables["orders"], pd.Timestamp(workshop.as_of) + pd.Timedelta(days=1)
    found = outcomes(orders[orders["order_date"] < until], guessed.index, day=day, horizon=months)
    return guessed.join(found).dropna(subset=["loss_risk", "is_lost"])


def levelled(rows: pd.DataFrame, rules: WarningRules) -> pd.DataFrame:
    """Name the level of every account anew, from the same signals.

    Parameters
    ----------
    rows : DataFrame, one row per account
        `with_outcomes`.
    rules : WarningRules

    Returns
    -------
    DataFrame
        `rows` with ``risk_level`` under `rules`.

    References
    ----------
    M17.
    """
    missing = [f"{name}_signal" for name in warning.SIGNALS if f"{name}_signal" not in rows]
    found = warning.loss_risk(rows.assign(**dict.fromkeys(missing, float("nan"))), rules=rules)
    return rows.assign(risk_level=found["risk_level"], loss_risk=found["loss_risk"])


def _rules(workshop: Workshop, controls: dict[str, widgets.Widget]) -> WarningRules:
    values = wanted(CUTS, controls)
    low, high = (values[path] for path in CUTS["levels"].paths)
    if low >= high:
        raise ValueError(say(workshop, "risk.rising"))
    return workshop.engagement.overridden(values).policy.warning


def _without_levels(workshop: Workshop) -> str:
    """Return what tells one scoring of a past day from another: every policy value but the levels, which only name the index."""
    leaves = workshop.engagement.policy.leaves().items()
    return json.dumps({path: leaf["value"] for path, leaf in leaves if not path.startswith(LEVELS)}, sort_keys=True)
