"""What the first page says: which numbers matter, what is wrong, what to do, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from kamlib.playbook import playbook
from kamlib.selection import reached
from kamlib.show import text
from kamlib.show.reading import class_of, figure, label, score_of, worse_by, write, year_ago
from kamlib.show.signs import SERVICE, Problem, measured_service, signs

# The ten KPIs in the order of the source, each with the readings that belong to it.
KPIS = {
    "revenue_amount": ("quantity_count",),
    "margin_rate": (),
    "dso_days": ("receivables_turnover_ratio", "dso_countback_days", "dso_best_possible_days", "overdue_share", "days_late_days"),
    "growth_rate": (),
    "forecast_accuracy_rate": ("forecast_bias_rate",),
    "satisfaction_score": ("nps_score",),
    "wallet_share": ("market_share",),
    "new_customer_rate": (),
    "retention_rate": (),
    "on_time_rate": ("order_accuracy_rate", "perfect_order_rate"),
}
WATCHED = (
    "revenue_amount",
    "growth_rate",
    "margin_rate",
    "dso_days",
    "overdue_share",
    "forecast_accuracy_rate",
    "satisfaction_score",
    "wallet_share",
    "on_time_rate",
    "order_accuracy_rate",
)
THIRD_NUMBER = ("dso_days", "overdue_share", "on_time_rate", "satisfaction_score", "forecast_accuracy_rate")
IDENTITY = (
    "segment",
    "tier",
    "stars_count",
    "lifecycle_stage",
    "tenure_months",
    "value_class",
    "potential_class",
    "potential_score",
    "customer_status",
)
RHYTHM = ("order_gap_median_days", "order_gap_p90_days", "last_order_days")
MOST_PROBLEMS, MOST_MOVES = 3, 5
UNCERTAIN = ("too_few_answers", "thin")
# Answers, and the middle of their scale: below it more are unhappy than happy
ANSWERED = {"satisfaction_score": ("respondents_count", 50), "nps_score": ("nps_answers_count", 0)}
# What a next step works on, where it needs a measure or a table of the account
WORKS_ON = {"maintain_next_errors": ("on_time_rate", "order_accuracy_rate"), "steady_next_usage": ("usage",)}
FIRST = ("revenue_amount", "last_order_days")  # lost business stands above everything else


@dataclass(frozen=True)
class Move:
    """One next step of the playbook, with its owner and due date."""

    id: str
    action: str
    owner: str
    due: date
    source: str


def problems(account) -> list[Problem]:
    """Return every measure clearly worse than the portfolio's middle half, a year ago or its limit: lost business, then the worst.

    Parameters
    ----------
    account : Pack
        The account pack.

    Returns
    -------
    list of Problem
        Severity is the distance outside the middle half in widths of it, plus 1, or the year's move in
        multiples of the limit from which it counts, or as in `signs`; ties keep the order of `WATCHED`.
    """
    tests = [test(account, metric) for metric in checked(account) for test in (against_portfolio, against_year_ago)]
    found = sorted(filter(None, tests), key=lambda problem: problem.severity)
    single = {problem.metric: problem for problem in found}
    if "revenue_amount" in single:
        single.pop("growth_rate", None)
    worst = sorted(single.values(), key=lambda problem: (-problem.severity, WATCHED.index(problem.metric)))
    listed = sorted([*signs(account), *worst], key=lambda problem: -problem.severity)
    rank = {metric: place for place, metric in enumerate(FIRST)}
    return sorted(listed, key=lambda problem: rank.get(problem.metric, len(FIRST)))


def against_portfolio(account, metric: str) -> Problem | None:
    """Return a problem where a measure lies on the worse side of the portfolio's middle half; amounts are not compared."""
    bench = account.benchmarks.get(metric)
    if not bench or text.metric_unit(metric) == "amount":
        return None
    now = figure(account, metric)
    edge = bench["q1"] if playbook("metrics")[metric]["better"] == "higher" else bench["q3"]
    outside, width = worse_by(account, metric, now, edge), bench["q3"] - bench["q1"]
    if outside <= 0 or write(account, metric, now) == write(account, metric, edge):
        return None
    numbers = {"now": write(account, metric, now), "low": write(account, metric, bench["q1"]), "high": write(account, metric, bench["q3"])}
    return _problem(account, metric, "below_half", numbers, 1 + (outside / width if width > 0 else 0))


def against_year_ago(account, metric: str) -> Problem | None:
    """Return a problem where a measure is worse than a year ago by the limit of its unit or more."""
    limit = account.policy.get(f"worse.{text.metric_unit(metric)}")
    now, then = figure(account, metric), year_ago(account, metric)
    if metric == "growth_rate" or not limit or not text.is_measured(then):
        return None
    base = then if "year-ago" in limit["unit"] else 1.0
    step = worse_by(account, metric, now, then) / base if base > 0 else 0.0
    if not reached(step, limit["value"]):
        return None
    numbers = {"now": write(account, metric, now), "then": write(account, metric, then)}
    return _problem(account, metric, "fell" if now < then else "rose", numbers, step / limit["value"])


def checked(account) -> list[str]:
    """Return the watched measures that have a number that can be relied on."""
    return [metric for metric in WATCHED if figure(account, metric) is not None and not _is_uncertain(account, metric)]


def judged(account) -> list[str]:
    """Return every measure that the page has looked at for something wrong."""
    has_ordered = ["last_order_days"] if figure(account, "last_order_days") is not None else []
    return [*checked(account), *has_ordered, *measured_service(account)]


def hints(account) -> list[tuple[str, float]]:
    """Return the bad readings of too few answers to count on, each with the number of answers."""
    least, found = account.policy["nps.minimum_answers"]["value"], []
    for metric, (part, middle) in ANSWERED.items():
        value, answers = figure(account, metric), figure(account, part)
        if value is None or answers is None or answers >= least:
            continue
        if value < middle or against_portfolio(account, metric) or against_year_ago(account, metric):
            found.append((metric, answers))
    return found


def side(account, metric: str) -> str:
    """Return ``worse`` where a reliable measure is clearly worse than a year ago, else ``neutral``."""
    return "worse" if metric in checked(account) and against_year_ago(account, metric) else "neutral"


def three_numbers(account) -> list[str]:
    """Choose the numbers of the first page: revenue, margin or else wallet, and the one furthest on the wrong side of the portfolio.

    Parameters
    ----------
    account : Pack
        The account pack.

    Returns
    -------
    list of str
        Three metric ids. The third is the early-warning index (F74); where it is not measured the measure of `THIRD_NUMBER` that lies
        furthest on the wrong side of the portfolio's median, in widths of the middle half; those with a figure a year ago go
        first, and where none is on the wrong side the first that is measured.
    """
    second = next((metric for metric in ("margin_rate", "wallet_share") if figure(account, metric) is not None), "margin_rate")
    known = [metric for metric in THIRD_NUMBER if metric in checked(account)]
    compared = [metric for metric in known if metric in account.benchmarks]
    moved = [metric for metric in compared if text.is_measured(year_ago(account, metric))]
    off = {metric: _off_median(account, metric) for metric in moved or compared}
    worst = max(off, key=off.get, default=None)
    third = worst if worst and off[worst] > 0 else (known or THIRD_NUMBER)[0]
    return ["revenue_amount", second, "loss_risk" if figure(account, "loss_risk") is not None else third]


def began_on(account) -> str | None:
    """Return the ISO date on which the account was signed, else of its first order; None where there is neither."""
    orders = account.tables.get("orders") or {"columns": [], "rows": []}
    place = orders["columns"].index("order_date") if "order_date" in orders["columns"] else None
    days = [row[place] for row in orders["rows"] if row[place]] if place is not None else []
    return account.account.get("signed_on") or min(days, default=None)


def moves(account) -> list[Move]:
    """Return the next steps that segment and stage ask for and that have something to work on, the earliest first, at most five."""
    chosen, language = [], account.language
    for metric, book in (("segment", "segments"), ("lifecycle_stage", "lifecycle")):
        key = class_of(account, metric)
        chosen += playbook(book)[key]["next"] if key else []
    dated = [
        Move(
            step["id"],
            text.closed(step["action"][language]),
            step["owner"][language],
            account.as_of + timedelta(days=step["days"]),
            step["source"],
        )
        for step in chosen
        if _has_ground(account, step["id"])
    ]
    return sorted(dated, key=lambda move: move.due)[:MOST_MOVES]


def unlocks(account) -> dict[str, list[str]]:
    """Return for each missing table or column the measures it would unlock, in the order of the KPIs."""
    found: dict[str, list[str]] = {}
    for metric in shown_metrics():
        score = score_of(account, metric)
        kind, _, missing = (score.note or "").partition(":") if score else ("", "", "")
        if missing and kind in ("no_table", "no_column"):
            found.setdefault(missing, []).append(metric)
    return found


def shown_metrics() -> list[str]:
    """Return every metric that the workbook prints, in its order."""
    kpis = [metric for main, others in KPIS.items() for metric in (main, *others)]
    listed = dict.fromkeys([*kpis, "revenue_prior_amount", *IDENTITY, *RHYTHM, *SERVICE])
    return [metric for metric in listed if metric in playbook("metrics")]


def _has_ground(account, step_id: str) -> bool:
    """Tell whether a step has rows to read or a rate that leaves something to mend, where it needs one."""
    wanted = WORKS_ON.get(step_id, ())
    rates = [rate for rate in (figure(account, name) for name in wanted) if rate is not None]
    return not wanted or any(account.rows.get(name) for name in wanted) or any(rate < 1 for rate in rates)


def _is_uncertain(account, metric: str) -> bool:
    if metric == "satisfaction_score":
        answers = figure(account, "respondents_count")
        return answers is not None and answers < account.policy["nps.minimum_answers"]["value"]
    return score_of(account, metric).note in UNCERTAIN


def _problem(account, metric: str, key: str, numbers: dict[str, str], severity: float) -> Problem:
    return Problem(metric, key, label(account, metric), numbers, severity)


def _off_median(account, metric: str) -> float:
    bench = account.benchmarks[metric]
    off, width = worse_by(account, metric, figure(account, metric), bench["median"]), bench["q3"] - bench["q1"]
    return off / width if width > 0 else float(off > 0)
