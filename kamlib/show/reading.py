"""Read an account pack: its numbers, classes and past readings, written in the reader's language."""

from __future__ import annotations

from kamlib.playbook import playbook
from kamlib.show import text

POINTS_A_YEAR = 4
TOLD_APART = {  # classes whose keys mean something else too
    "relationship_stage": "relationship",
    "phase": "phase",
    "risk_level": "risk",
    "qualification_verdict": "key",
}


def say(account, key: str, *, group: str = "words", **places) -> str:
    """Return an interface text in the language of an account's workbook."""
    return text.say(key, language=account.language, group=group, **places)


def label(account, metric: str) -> str:
    """Return the name of a metric in the language of an account's workbook."""
    return text.metric_name(metric, language=account.language)


def score_of(account, metric: str):
    """Return the score of a metric, or None where the metric does not exist for a single account."""
    try:
        return account.score(metric)
    except KeyError:
        return None


def figure(account, metric: str) -> float | None:
    """Return a metric's number; None where it is not measured."""
    score = score_of(account, metric)
    return score.value if score and text.is_measured(score.value) else None


def class_of(account, metric: str) -> str | None:
    """Return a metric's class; None where it has none."""
    score = score_of(account, metric)
    return score.text if score else None


def inside(account, metric: str) -> str:
    """Return the name of a metric as it stands within a sentence."""
    return text.inside(label(account, metric))


def write(account, metric: str, value: float | None) -> str:
    """Write a number in the unit of a metric."""
    return text.number(value, text.metric_unit(metric), language=account.language, currency=account.currency)


def code_words(code: str, *, language: str) -> str:
    """Put a note code into words; codes of a missing input name it.

    Examples
    --------
    >>> code_words("no_column:accounts.annual_wallet", language="en")
    'needs yearly purchases (accounts.annual_wallet)'
    """
    kind, _, missing = code.partition(":")
    return text.say(kind, language=language, group="notes", input=text.input_name(missing, language=language))


def value_words(account, metric: str) -> str:
    """Write a metric's number or class, or say why there is neither."""
    score = score_of(account, metric)
    if score and text.is_measured(score.value):
        return write(account, metric, score.value)
    if score and score.text:
        return class_words(score.text, metric, language=account.language)
    noted = score.note if score else None
    return code_words(noted, language=account.language) if noted else say(account, "not_measured")


def class_words(key: str, metric: str, *, language: str) -> str:
    """Return the name of a segment, tier, stage or class.

    Examples
    --------
    >>> class_words("core", "segment", language="en"), class_words("top", "value_class", language="zh")
    ('Core account', '高价值')
    """
    books = {"segment": "segments", "tier": "tiers", "lifecycle_stage": "lifecycle"}
    if metric in books:
        return playbook(books[metric])[key]["name"][language]
    if metric in TOLD_APART:
        return text.say(f"{TOLD_APART[metric]}_{key}", language=language, group="classes")
    return text.say(key, language=language, group="classes") if key in text.words()["classes"] else key


def class_or_open(account, metric: str) -> str:
    """Write a metric's class; "not measured" where it has none, whatever the reason."""
    known = class_of(account, metric)
    return class_words(known, metric, language=account.language) if known else say(account, "not_measured")


def year_ago(account, metric: str) -> float | None:
    """Return the measure as it stood twelve months earlier; None where it was not, or only in part, measured."""
    if metric == "revenue_amount":
        return None if is_short(account) else figure(account, "revenue_prior_amount")
    points = account.trend(metric)
    return points[-1 - POINTS_A_YEAR][1] if len(points) > POINTS_A_YEAR else None


def is_short(account) -> bool:
    """Tell whether the orders begin within the twelve months before, so that their revenue is known in part only."""
    score = score_of(account, "revenue_prior_amount")
    return score is not None and score.note == "short_history"


def worse_by(account, metric: str, now: float | None, then: float | None) -> float:
    """Return how far a number moved to the worse side; 0 or less where it did not, or has no better side."""
    direction = {"higher": -1, "lower": 1}.get(playbook("metrics")[metric]["better"], 0)
    return direction * (now - then) if text.is_measured(now) and text.is_measured(then) else 0.0
