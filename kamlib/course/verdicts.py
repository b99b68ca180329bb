"""The judgement on an answer: right, wrong with the reason, or not to be read; nothing unreadable is called wrong."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from kamlib.course.exercise import Answer, Exercise
from kamlib.course.numbers import readings
from kamlib.course.schema import LETTERS
from kamlib.course.words import say
from kamlib.show import text as written

SLIPS = (2, -2, 3, -3, 4, -4, 6, -6, 8, -8)  # powers of ten between the units that people mix up: %, k, 万, m, 亿
ECHO = 0.005  # how far an answer written the way of the house may stand from what was meant
SLACK = 1e-9
_BETWEEN = re.compile(r"[,;、/|>→\s]+")


@dataclass(frozen=True)
class Verdict:
    """What is said to an answer.

    Parameters
    ----------
    right : bool or None
        None where the answer cannot be read: the message then says how to write it.
    message : str
    """

    right: bool | None
    message: str


def judge(exercise: Exercise, answer: str | float | Iterable[str]) -> Verdict:
    """Judge an answer to an exercise.

    Parameters
    ----------
    exercise : Exercise
    answer : str, float or iterable of str
        As typed, in whatever form people write numbers and lists; or the value of a control: keys of options, account ids.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> from kamlib.course.exercise import Mistaken
    >>> ask = dict(key="share", place=1, source="S2a", ask="", hint="", worked="", options={}, is_several=False, accounts={})
    >>> exercise = Exercise(kind="number", unit="share", language="en", currency="CNY", answer=0.382, answer_words="38.2%", tolerance=0.005,
    ...                     wrong=(Mistaken(0.618, "You took the others' share."),), **ask)
    >>> judge(exercise, "38,2 %"), judge(exercise, "62%").message, judge(exercise, "a third").right
    (Verdict(right=True, message='Right: 38.2%.'), "You took the others' share.", None)
    """
    if isinstance(answer, Iterable) and not isinstance(answer, str):
        answer = tuple(answer)
    if answer is None or answer == () or isinstance(answer, str) and not answer.strip():
        return Verdict(None, say("empty", language=exercise.language, form=form(exercise)))
    return {"number": _number, "choice": _choice, "accounts": _accounts, "order": _order}[exercise.kind](exercise, answer)


def form(exercise: Exercise) -> str:
    """Say how an answer is written.

    Parameters
    ----------
    exercise : Exercise

    Returns
    -------
    str
    """
    last = LETTERS[len(exercise.options) - 1].upper() if exercise.options else ""
    one, two = (*list(exercise.accounts)[:2], "", "")[:2]
    key = "several" if exercise.is_several else exercise.unit or exercise.kind
    return say(f"form_{key}", language=exercise.language, last=last, one=one, two=two)


def answer_text(exercise: Exercise, answer: Answer) -> str:
    """Write an answer, right or wrong, so that it can be read and judged again.

    Parameters
    ----------
    exercise : Exercise
    answer : float, frozenset of str or tuple of str

    Returns
    -------
    str
    """
    if exercise.kind == "number":
        return written.number(answer, exercise.unit, language=exercise.language, currency=exercise.currency)
    letters = dict(zip(exercise.options, LETTERS.upper(), strict=False))
    ordered = answer if exercise.kind == "order" else sorted(answer)
    joint = " → " if exercise.kind == "order" else written.say("comma", language=exercise.language)
    return joint.join(letters.get(key, key) for key in ordered)


def _number(exercise: Exercise, answer: str | float) -> Verdict:
    if isinstance(answer, bool) or not isinstance(answer, str | int | float):
        return _unread(exercise, answer)
    read = readings(answer, exercise.unit) if isinstance(answer, str) else (float(answer),) if math.isfinite(answer) else ()
    if not read:
        return _unread(exercise, answer)
    if any(_near(value, exercise.answer, exercise.tolerance) for value in read):
        return _right(exercise)
    near = [(abs(value - wrong.answer), wrong.message) for value in read for wrong in exercise.wrong
            if _near(value, wrong.answer, exercise.tolerance)]  # fmt: skip
    if near:
        return Verdict(False, min(near)[1])
    meant = read[-1] if exercise.unit in ("share", "rate") else read[0]
    echo = answer_text(exercise, meant)
    if isinstance(answer, str) and not any(math.isclose(value, meant, rel_tol=ECHO) for value in readings(echo, exercise.unit)):
        echo = answer.strip()  # written the house's way it would be another number
    places = {"language": exercise.language, "read": echo}
    if any(_near(-value, exercise.answer, exercise.tolerance) for value in read):
        return Verdict(False, say("sign_off", **places))
    slipped = any(_near(value * 10.0**slip, exercise.answer, exercise.tolerance) for value in read for slip in SLIPS)
    return Verdict(False, say("unit_off" if slipped and exercise.answer else "not_yet", **places))


def _choice(exercise: Exercise, answer: str | Iterable[str]) -> Verdict:
    chosen = frozenset(_options(exercise, answer) or ())
    if not chosen or len(chosen) > 1 and not exercise.is_several:
        return _unread(exercise, answer)
    return _set_verdict(exercise, chosen)


def _accounts(exercise: Exercise, answer: str | Iterable[str]) -> Verdict:
    if not isinstance(answer, str | Iterable):
        return _unread(exercise, answer)
    known = {_folded(key): key for key in exercise.accounts}
    names = {_folded(name): key for key, name in exercise.accounts.items()}
    pieces = [_folded(piece) for piece in (re.split(r"[,;、，；\n]", answer) if isinstance(answer, str) else answer)]
    tokens = [token for piece in pieces for token in ([piece] if piece in known or piece in names else _BETWEEN.split(piece)) if token]
    strange = [token for token in tokens if token not in known and token not in names]
    if strange:
        return Verdict(None, say("unknown_account", language=exercise.language, text=strange[0], form=form(exercise)))
    return _set_verdict(exercise, frozenset(known.get(token) or names[token] for token in tokens))


def _order(exercise: Exercise, answer: str | Iterable[str]) -> Verdict:
    sequence = _options(exercise, answer)
    if sequence is None or sorted(sequence) != sorted(exercise.options):
        return _unread(exercise, answer)
    if sequence == exercise.answer:
        return _right(exercise)
    for wrong in exercise.wrong:
        if sequence == wrong.answer:
            return Verdict(False, wrong.message)
    kept = next(place for place, pair in enumerate(zip(sequence, exercise.answer, strict=True)) if pair[0] != pair[1])
    return Verdict(False, say("first_wrong" if kept else "first_wrong_start", language=exercise.language, kept=kept, next=kept + 1))


def _set_verdict(exercise: Exercise, chosen: frozenset[str]) -> Verdict:
    if chosen == exercise.answer:
        return _right(exercise)
    for wrong in exercise.wrong:
        if chosen == wrong.answer:
            return Verdict(False, wrong.message)
    if exercise.kind == "choice" and not exercise.is_several:
        return Verdict(False, say("not_this", language=exercise.language))
    found, extra = len(chosen & exercise.answer), len(chosen - exercise.answer)
    counts = {"found": found, "all": len(exercise.answer), "extra": extra}
    return Verdict(False, say("some_found" if extra else "some_found_only", language=exercise.language, **counts))


def _options(exercise: Exercise, answer: str | Iterable[str]) -> tuple[str, ...] | None:
    """Return the options that an answer names by letter, key or full text, in its order; None where it names something else."""
    if not isinstance(answer, str | Iterable):
        return None
    known = {_folded(option): key for key, option in exercise.options.items()}
    known |= {_folded(key): key for key in exercise.options} | dict(zip(LETTERS, exercise.options, strict=False))
    if isinstance(answer, str):
        folded = _folded(answer)
        tokens = [folded] if folded in known else [token for token in _BETWEEN.split(folded) if token]
        if len(tokens) == 1 and tokens[0] not in known:
            tokens = list(tokens[0])
    else:
        tokens = [_folded(key) for key in answer]
    return tuple(known[token] for token in tokens) if all(token in known for token in tokens) else None


def _folded(words: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", str(words)).casefold().strip(" .,。").split())


def _near(value: float, target: float, tolerance: float) -> bool:
    return abs(value - target) <= tolerance + SLACK * max(1.0, abs(target))


def _right(exercise: Exercise) -> Verdict:
    return Verdict(True, say("right", language=exercise.language, answer=exercise.answer_words))


def _unread(exercise: Exercise, answer: object) -> Verdict:
    shown = answer if isinstance(answer, str) else str(answer)
    return Verdict(None, say("unread", language=exercise.language, text=shown.strip(), form=form(exercise)))
