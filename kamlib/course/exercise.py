"""An exercise with the client's figures in it: what is asked, what is right, which wrong answers are expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from kamlib.checks import KamError
from kamlib.course.client import Client
from kamlib.course.figures import Figure, figures, listed
from kamlib.course.load import Written
from kamlib.course.schema import Ranked, Rule, Task
from kamlib.receipts import recompute
from kamlib.show import text

TOLERANCES = {"share": 0.005, "rate": 0.005, "index": 0.005, "count": 0.0, "ratio": 0.05, "days": 0.5, "months": 0.5, "score": 0.5}
AMOUNT_TOLERANCE_SHARE = 0.005  # of the answer: what remains when it is written with three digits

Answer = float | frozenset[str] | tuple[str, ...]


@dataclass(frozen=True)
class Mistaken:
    """A wrong answer and the misconception that it shows."""

    answer: Answer
    message: str


@dataclass(frozen=True)
class Exercise:
    """One exercise in one language, ready to be judged.

    Parameters
    ----------
    key, kind, unit, language, currency, source : str
        `kind` is number, choice, accounts or order; `unit` is blank for all but number.
    place : int
        From 1: its number in the lesson.
    ask, hint, worked, answer_words : str
        Texts with the figures written in.
    options : dict of str to str
        What a choice or an order offers.
    answer : float, frozenset of str or tuple of str
        A number; the right options or account ids; the right sequence.
    is_several : bool
        Whether a choice has more than one right option.
    tolerance : float
        How far a number may be off, in its unit.
    wrong : tuple of Mistaken
    accounts : dict of str to str
        Names by id of all accounts, where accounts are asked for.
    """

    key: str
    place: int
    kind: str
    unit: str
    language: str
    currency: str
    source: str
    ask: str
    hint: str
    worked: str
    answer_words: str
    options: Mapping[str, str]
    answer: Answer
    is_several: bool
    tolerance: float
    wrong: tuple[Mistaken, ...]
    accounts: Mapping[str, str]


def resolve(key: str, written: Written, client: Client, *, language: str) -> Exercise:
    """Put the client's figures into an exercise.

    Parameters
    ----------
    key : str
    written : Written
        The lesson's file.
    client : Client
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    Exercise

    Raises
    ------
    KamError
        ``KAM-P07`` with the line: a figure is not there or not measured, the arithmetic fails, a text names a figure that
        `values` does not have.
    """
    task, path = written.content.exercises[key], ("exercises", key)
    known = located(written, (*path, "values"), lambda: figures(task.values, client, language=language))
    answer = located(written, (*path, "answer"), lambda: _answer(task, task.answer, known, client))
    said = _answer_words(task, answer, client, language)
    texts = {name: fill(written, (*path, name), getattr(task, name), known, language) for name in ("ask", "hint")}
    worked = fill(written, (*path, "worked"), task.worked, known | {"answer": said}, language)
    return Exercise(
        key=key,
        place=list(written.content.exercises).index(key) + 1,
        kind=task.kind,
        unit=task.unit or "",
        language=language,
        currency=client.engagement.currency,
        source=task.source,
        worked=worked,
        answer_words=f"{said}",
        options={name: fill(written, (*path, "options", name), option, known, language) for name, option in task.options.items()},
        answer=answer,
        is_several=task.kind == "choice" and len(answer) > 1,
        tolerance=_tolerance(task, answer),
        wrong=tuple(_mistaken(task, path, written, client, known | {"answer": said}, language)),
        accounts=client.names if task.kind == "accounts" else {},
        **texts,
    )


def _mistaken(task: Task, path: tuple, written: Written, client: Client, known: Mapping[str, Figure], language: str) -> Iterator[Mistaken]:
    values = {name: figure for name, figure in known.items() if name in task.values}
    for place, mistake in enumerate(task.wrong):
        where = (*path, "wrong", place)
        heard = located(written, where, lambda mistake=mistake: _answer(task, mistake.answer, values, client))
        yield Mistaken(heard, fill(written, where, mistake, known, language))


def fill(written: Written, path: tuple, words: Any, known: Mapping[str, Any], language: str) -> str:
    """Write figures into a text of the file.

    Raises
    ------
    KamError
        ``KAM-P07``: the text names a figure that is not among the values, or writes one in a way that does not exist.
    """
    try:
        return text.fill(getattr(words, language), **known)
    except (KeyError, IndexError, ValueError) as error:
        named = error.args[0] if isinstance(error, KeyError) else str(error)
        listed_names = ", ".join(known) or "none"
        raise written.problem((*path, language), f"names {named}, which values does not have", f"take one of {listed_names}") from None


def located(written: Written, path: tuple, compute: Any) -> Any:
    """Compute something of a lesson's file and name the line where that fails."""
    try:
        return compute()
    except KamError as error:
        raise written.problem(path, error.why, error.fix, value=error.value) from None
    except (ValueError, ZeroDivisionError) as error:
        raise written.problem(path, f"cannot be computed: {error}", "correct the arithmetic or its values") from None


def _answer(task: Task, given: Any, known: Mapping[str, Figure], client: Client) -> Answer:
    numbers = {name: figure.value for name, figure in known.items() if not isinstance(figure.value, str)}
    if task.kind == "number":
        return recompute(str(given), numbers)
    if task.kind == "accounts":
        return frozenset(client.chosen(Rule.model_validate(given)))
    if isinstance(given, Mapping):
        chosen = _ranked(Ranked.model_validate(given), numbers, first_only=task.kind == "choice")
    else:
        chosen = [given] if isinstance(given, str) else given
    return tuple(chosen) if task.kind == "order" else frozenset(chosen)


def _ranked(ranked: Ranked, numbers: Mapping[str, float], *, first_only: bool) -> list[str]:
    """Return the options in the order of their figures, or the first only.

    Raises
    ------
    ValueError
        Two options have the same figure, so that there is no one right answer.
    """
    sizes = {key: recompute(given, numbers) for key, given in ranked.by.items()}
    placed = sorted(sizes, key=sizes.__getitem__, reverse=ranked.most_first is not None)
    if any(sizes[one] == sizes[two] for one, two in list(pairwise(placed))[: 1 if first_only else None]):
        raise ValueError(f"two options have the same figure ({', '.join(f'{key}: {size:g}' for key, size in sizes.items())})")
    return placed[:1] if first_only else placed


def _answer_words(task: Task, answer: Answer, client: Client, language: str) -> Figure:
    """Return the answer as a worked solution names it."""
    if task.kind == "number":
        return Figure(answer, task.unit, language, client.engagement.currency)
    if task.kind == "accounts":
        words = listed(sorted(answer), client, language=language)
    else:
        letters = dict(zip(task.options, map(chr, range(ord("A"), ord("Z") + 1)), strict=False))
        chosen = [letters[key] for key in (answer if task.kind == "order" else letters) if key in answer]
        words = (" → " if task.kind == "order" else text.say("comma", language=language)).join(chosen)
    return Figure(words, "text", language, client.engagement.currency)


def _tolerance(task: Task, answer: Answer) -> float:
    if task.kind != "number":
        return 0.0
    if task.tolerance is not None:
        return task.tolerance
    return AMOUNT_TOLERANCE_SHARE * abs(answer) if task.unit == "amount" else TOLERANCES[task.unit]
