"""The first page: who the account is, three numbers, what is wrong, what to do next."""

from __future__ import annotations

from datetime import date
from functools import partial

from kamlib.show import decisions, facts, html, reading, text
from kamlib.show.publish import column, payload, publish
from kamlib.show.reading import label, say

FEWEST_TO_SUM_UP = 3
HELD = 0.0005  # smaller growth is written as 0.0%


def first_page(account) -> None:
    """Publish the page that a director reads in a minute.

    Parameters
    ----------
    account : Pack
        The account pack, in the reader's language.
    """
    found = facts.problems(account)
    view = {
        "kicker": _kicker(account),
        "identity": identity(account),
        "headline": headline(account, found),
        "tiles": [tile(account, metric) for metric in facts.three_numbers(account)],
        "problems": [_sentence(account, problem) for problem in found[: facts.MOST_PROBLEMS]],
        "quiet": say(account, "nothing_wrong" if facts.judged(account) else "nothing_checked"),
        "hints": hint_words(account),
        "risks": decisions.risks(account),
        "chances": decisions.chances(account),
        "moves": [_move_view(account, move) for move in decisions.listed_moves(account)],
        "dismissed": _dismissed(account),
        "word": partial(reading.say, account, group="review"),
        "missing": missing_words(account),
        "unrated": unrated_words(account),
    }
    markup = html.page("first_page", account, **view)
    publish(_content(account, found), html=markup, plain=f"{account.name} · {view['headline']}")


def identity(account) -> list[tuple[str, str]]:
    """Return label and words for segment, tier, stars, stage, manager and the date the account began."""
    open_words = say(account, "not_measured")
    stars, began = reading.figure(account, "stars_count"), facts.began_on(account)
    star_words = open_words if stars is None else "★" * int(stars) or say(account, "no_stars")
    manager = account.manager and (account.manager["name"] or account.manager["manager_id"])
    since = text.iso_day(began, language=account.language) if began else open_words
    return [
        (label(account, "segment"), reading.class_or_open(account, "segment")),
        (label(account, "tier"), reading.class_or_open(account, "tier")),
        (label(account, "stars_count"), star_words),
        (label(account, "lifecycle_stage"), stage_words(account)),
        (say(account, "manager"), manager or say(account, "no_manager")),
        (say(account, "since"), since),
    ]


def stage_words(account) -> str:
    """Return the lifecycle stage with the months of business that alone decide it."""
    tenure = reading.figure(account, "tenure_months")
    stage = reading.class_or_open(account, "lifecycle_stage")
    if tenure is None or not reading.class_of(account, "lifecycle_stage"):
        return stage
    return say(account, "stage_by_time", stage=stage, tenure=reading.write(account, "tenure_months", tenure))


def headline(account, found: list) -> str:
    """Return the page in two sentences: how revenue moved, how many measures are clearly worse.

    Parameters
    ----------
    account : Pack
        The account pack.
    found : list of Problem
        From `facts.problems`.

    Returns
    -------
    str
    """
    now, then, growth = (reading.figure(account, metric) for metric in ("revenue_amount", "revenue_prior_amount", "growth_rate"))
    places = {"now": reading.write(account, "revenue_amount", now), "then": reading.write(account, "revenue_amount", then)}
    key = _revenue_key(now, then, growth, is_short=reading.is_short(account))
    shown = text.number(abs(growth), "rate", language=account.language) if growth is not None else ""
    first = say(account, key, change=shown, **places)
    measured = len(facts.judged(account))
    second_key = "few_checked" if measured < FEWEST_TO_SUM_UP else "some_worse" if found else "none_worse"
    second = say(account, second_key, worse=len(found), measured=measured)
    return text.paragraph([first, second], language=account.language)


def tile(account, metric: str) -> dict:
    """Return one headline number: its name, value, change, comparison, and whether it moved to the worse side."""
    if metric == "loss_risk":
        return _risk_tile(account)
    now, then, unit = reading.figure(account, metric), reading.year_ago(account, metric), text.metric_unit(metric)
    change = text.change(now, then, unit, language=account.language)
    before = "last_year" if metric == "revenue_amount" else "year_ago"
    return {
        "metric": metric,
        "name": label(account, metric),
        "value": reading.write(account, metric, now),
        "reason": reading.value_words(account, metric) if now is None else "",
        "change": change,
        "side": facts.side(account, metric),
        "comparison": say(account, before, then=reading.write(account, metric, then)) if change else "",
        "beside": _beside(account, metric) if now is not None else "",
    }


def _risk_tile(account) -> dict:
    """Return the early-warning index with its change since the last review."""
    now, moved = reading.figure(account, "loss_risk"), account.data.get("moved")
    then = moved["numbers"]["loss_risk"][0] if moved else None
    level = reading.class_of(account, "risk_level")
    comparison = ""
    if then is not None:
        since = text.day(date.fromisoformat(moved["since"]), language=account.language)
        comparison = reading.say(account, "risk_then", group="review", then=reading.write(account, "loss_risk", then), day=since)
    return {
        "metric": "loss_risk",
        "name": label(account, "loss_risk"),
        "value": reading.write(account, "loss_risk", now),
        "reason": "",
        "change": reading.class_words(level, "risk_level", language=account.language) if level else "",
        "side": "worse" if level in ("red", "amber") else "neutral",
        "comparison": comparison,
        "beside": "",
    }


def missing_words(account) -> str:
    """Return in one line what cannot be measured and the table or column that would unlock it; blank if nothing."""
    comma, semicolon = say(account, "comma"), say(account, "semicolon")
    lines = []
    for missing, metrics in facts.unlocks(account).items():
        names = comma.join(reading.inside(account, metric) for metric in metrics if metric in facts.KPIS)
        lines += [say(account, "needs", names=names, input=text.input_name(missing, language=account.language))] if names else []
    return semicolon.join(lines)


def unrated_words(account) -> str:
    """Say that the potential is not measured, so that the segment rests on revenue alone; blank where it is."""
    has_segment = reading.class_of(account, "segment") and all(account.position["cell"])
    return say(account, "potential_unmeasured") if has_segment and reading.figure(account, "potential_score") is None else ""


def hint_words(account) -> str:
    """Return the bad readings that rest on too few answers to count, each with their number; blank where there are none."""
    shown = []
    for metric, answers in facts.hints(account):
        count = text.decimal(answers, 0, language=account.language)
        words = {"name": reading.inside(account, metric), "value": reading.value_words(account, metric), "count": count}
        shown.append(say(account, "hint", **words))
    return say(account, "few_answers", shown=say(account, "semicolon").join(shown)) if shown else ""


def _revenue_key(now: float | None, then: float | None, growth: float | None, *, is_short: bool) -> str:
    if now is None:
        return "revenue_open"
    if now <= 0 and then is not None:
        return "revenue_lost" if then > 0 else "revenue_never" if is_short else "revenue_none"
    if growth is not None:
        return "revenue_held" if abs(growth) < HELD else "revenue_grew" if growth > 0 else "revenue_fell"
    if not then:
        return "revenue_only" if then is None or is_short else "revenue_new"
    return "revenue_part" if is_short else "revenue_after"


def _beside(account, metric: str) -> str:
    place, bench = account.position, account.benchmarks.get(metric)
    if metric == "revenue_amount":
        count = text.decimal(place["active_accounts_count"], 0, language=account.language)
        return say(account, "rank_short", rank=place["revenue_rank"], count=count) if place["revenue_rank"] else ""
    return say(account, "median_is", median=reading.write(account, metric, bench["median"])) if bench else ""


def _sentence(account, problem: facts.Problem):
    return html.sentence(problem.key, problem.metric, language=account.language, name=problem.name, numbers=problem.numbers)


def _kicker(account) -> list[str]:
    day = say(account, "as_of", day=text.day(account.as_of, language=account.language))
    labels = [say(account, "workbook"), day, say(account, f"edition_{account.edition}")]
    return labels + ([say(account, "synthetic")] if account.synthetic else [])


def _content(account, found: list) -> dict:
    known = identity(account)
    columns = [column("account_id", "account_id"), column("name", "name")]
    columns += [column(f"identity_{place}", words) for place, (words, _) in enumerate(known)]
    rows = [[account.account_id, account.name, *(words for _, words in known)]]
    parts = [_number_content(account, metric) for metric in facts.three_numbers(account)]
    parts += [_problems_content(account, found[: facts.MOST_PROBLEMS]), _moves_content(account)]
    return payload("section", "first_page", title=say(account, "first_page"), columns=columns, rows=rows, parts=parts)


def _number_content(account, metric: str) -> dict:
    unit = text.metric_unit(metric)
    columns = [column("now", say(account, "now"), unit), column("then", say(account, "against_year_ago"), unit)]
    moved = account.data.get("moved")
    then = (moved["numbers"]["loss_risk"][0] if moved else None) if metric == "loss_risk" else reading.year_ago(account, metric)
    rows = [[reading.figure(account, metric), then]]
    return payload("number", metric, title=label(account, metric), columns=columns, rows=rows)


def _problems_content(account, shown: list) -> dict:
    columns = [column("metric", say(account, "measure")), column("words", say(account, "wrong"))]
    rows = [[problem.metric, problem.words(account.language)] for problem in shown]
    rows += [["few_answers", hint_words(account)]] if facts.hints(account) else []
    return payload("table", "problems", title=say(account, "wrong"), columns=columns, rows=rows)


def _moves_content(account) -> dict:
    keys = ("move", "owner", "due", "reason", "money", "state", "cause")
    columns = [column("id", "id"), *(column(key, key, "amount" if key == "money" else "text") for key in keys)]
    found = decisions.listed_moves(account)
    rows = [[move.id, move.action, move.owner, move.due.isoformat(), move.reason, move.money, move.state, move.cause] for move in found]
    return payload("table", "moves", title=say(account, "next"), columns=columns, rows=rows)


def _move_view(account, move: decisions.ShownMove) -> dict:
    """Return one row of the table of moves, written."""
    money = "" if move.money is None else text.number(move.money, "amount", language=account.language, currency=account.currency)
    state = reading.say(account, f"move_state_{move.state}", group="review")
    due = text.short_day(move.due, language=account.language)
    return {"action": move.action, "reason": move.reason, "money": money, "owner": move.owner, "due": due, "state": state}


def _dismissed(account) -> str:
    count = account.data.get("dismissed_count", 0)
    return reading.say(account, "moves_dismissed", group="review", count=count) if count else ""
