"""What may stand in a lesson's file, typed: stories, exercises, and the figures of the client that both are told with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from kamlib.data.sources import Strict

Text = Annotated[str, Field(min_length=1)]
Level = Literal["account", "group", "manager", "portfolio", "policy", "pack", "backtest"]
Unit = Literal["share", "rate", "amount", "count", "ratio", "days", "months", "score", "index"]
Form = Unit | Literal["text"]
Kind = Literal["number", "choice", "accounts", "order"]
Op = Literal["=", "!=", "<", "<=", ">", ">="]
FORMS = ("[account|group|manager, id, metric]", "[portfolio, metric]", "[policy, path]", "[pack, id, path, unit]", "[backtest, path, unit]")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
FEWEST, MOST = 3, 5


class Words(Strict):
    """One text in both languages; figures stand in braces."""

    en: Text
    zh: Text


class Rule(Strict):
    """Which accounts: those listed, of these those that meet every condition, of these those with the most or the least of a metric.

    Examples
    --------
    >>> Rule.model_validate(["A001", "A008"]).ids, Rule.model_validate({"where": ["growth_rate", "<", 0]}).where
    (['A001', 'A008'], [('growth_rate', '<', 0.0)])
    """

    ids: list[Text] | None = None
    where: list[tuple[Text, Op, float | str]] | None = None
    most: tuple[Text, Annotated[int, Field(ge=1)]] | None = None
    least: tuple[Text, Annotated[int, Field(ge=1)]] | None = None

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, data: Any) -> Any:
        if isinstance(data, str | list):
            return {"ids": [data] if isinstance(data, str) else data}
        where = data.get("where") if isinstance(data, Mapping) else None
        return {**data, "where": [where]} if isinstance(where, list) and where and isinstance(where[0], str) else data

    @model_validator(mode="after")
    def _one_kind(self) -> Rule:
        if self.most and self.least or not (self.ids or self.where or self.most or self.least):
            raise ValueError("must be a list of account ids, or some of ids:, where: [metric, op, value], most: or least: [metric, n]")
        return self


class Value(Strict):
    """One figure of the client, or what follows from some: see `kamlib.course.figures.figures`.

    Examples
    --------
    >>> Value.model_validate(["account", "A001", "revenue_amount"]).metric, Value.model_validate({"of": "all - one", "unit": "amount"}).of
    ('revenue_amount', 'all - one')
    """

    level: Level | None = None
    id: Text | None = None
    metric: Text | None = None
    of: Text | None = None
    unit: Form | None = None
    count: Rule | None = None
    names: Rule | None = None
    total: Text | None = None
    over: Rule | None = None

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, data: Any) -> Any:
        if not isinstance(data, list):
            return data
        if len(data) == 2 and data[0] in ("portfolio", "policy"):
            return {"level": data[0], "metric": data[1]}
        if len(data) == 3 and data[0] in ("account", "group", "manager"):
            return {"level": data[0], "id": data[1], "metric": data[2]}
        if len(data) == 3 and data[0] == "backtest":
            return {"level": data[0], "metric": data[1], "unit": data[2]}
        if len(data) == 4 and data[0] == "pack":
            return {"level": data[0], "id": data[1], "metric": data[2], "unit": data[3]}
        raise ValueError(f"must be one of {', '.join(FORMS)}")

    @model_validator(mode="after")
    def _one_kind(self) -> Value:
        if sum(given is not None for given in (self.metric, self.of, self.count, self.names, self.total)) != 1:
            raise ValueError("must be one of [level, id, metric], {of:, unit:}, {count: rule}, {names: rule}, {total: metric, over: rule}")
        if (self.of is None and self.level not in ("pack", "backtest")) != (self.unit is None):
            raise ValueError("of:, pack and backtest need the unit of their figure, and only they have one")
        if (self.total is None) != (self.over is None):
            raise ValueError("total: needs over: (the accounts that it adds up), and only total: has one")
        return self


class Ranked(Strict):
    """Options put in order by a figure of each: ``most_first`` or ``least_first``, arithmetic over the values by option."""

    most_first: dict[Text, str | float] | None = None
    least_first: dict[Text, str | float] | None = None

    @model_validator(mode="after")
    def _one_direction(self) -> Ranked:
        if (self.most_first is None) == (self.least_first is None):
            raise ValueError("must be one of most_first and least_first")
        return self

    @property
    def by(self) -> dict[str, str]:
        """What is computed for each option."""
        return {key: str(given) for key, given in (self.most_first or self.least_first).items()}


class Story(Words):
    """A short text told with figures of the client."""

    values: dict[str, Value] = {}


class Mistake(Words):
    """A likely wrong answer and the misconception behind it."""

    answer: Any


class Task(Strict):
    """One exercise as it stands in the file."""

    kind: Kind
    unit: Unit | None = None
    values: dict[str, Value] = {}
    answer: Any
    tolerance: Annotated[float, Field(ge=0)] | None = None
    source: Text
    ask: Words
    options: dict[Text, Words] = {}
    hint: Words
    wrong: Annotated[list[Mistake], Field(min_length=1)]
    worked: Words

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Task:
        problem = _number_problem(self) or _options_problem(self)
        if problem:
            raise ValueError(problem)
        for answer in (self.answer, *(mistake.answer for mistake in self.wrong)):
            problem = _answer_problem(self, answer)
            if problem:
                raise ValueError(f"answer {answer!r} {problem}")
        return self


class LessonFile(Strict):
    """What a lesson tells and asks.

    Parameters
    ----------
    stories : dict of str to Story
    exercises : dict of str to Task
        Three to five, in the order in which they are asked.
    """

    stories: dict[Text, Story] = {}
    exercises: Annotated[dict[Text, Task], Field(min_length=FEWEST, max_length=MOST)]


def _number_problem(task: Task) -> str | None:
    if (task.kind == "number") != (task.unit is not None):
        return "a number needs a unit, and only a number has one"
    return "only a number has a tolerance" if task.kind != "number" and task.tolerance is not None else None


def _options_problem(task: Task) -> str | None:
    if (task.kind in ("choice", "order")) != bool(task.options):
        return "choice and order need options, and only they have them"
    keys = [key.casefold() for key in task.options]
    misplaced = [key for place, key in enumerate(keys) if key in LETTERS and key != LETTERS[place]]
    if misplaced:
        return f"the option {misplaced[0]} must stand at the place of its letter, as readers see A, B, C …"
    return None


def _answer_problem(task: Task, answer: Any) -> str | None:
    if task.kind == "number":
        return None if isinstance(answer, str | int | float) and not isinstance(answer, bool) else "must be arithmetic over the values"
    if task.kind == "accounts":
        return _misfit(Rule, answer, "must be a list of account ids or a rule, as {where: [metric, op, value]}")
    if isinstance(answer, Mapping):
        why = "must be {most_first: {option: arithmetic, …}} or least_first, with every option"
        return _misfit(Ranked, answer, why) or (None if set(Ranked.model_validate(answer).by) == set(task.options) else why)
    chosen = [answer] if isinstance(answer, str) else answer
    if not isinstance(chosen, list) or not chosen or len(set(chosen)) < len(chosen) or set(chosen) - set(task.options):
        return f"must name options: {', '.join(task.options)}"
    return "must name every option once" if task.kind == "order" and set(chosen) != set(task.options) else None


def _misfit(model: type[BaseModel], data: Any, why: str) -> str | None:
    try:
        model.model_validate(data)
    except ValueError:
        return why
    return None
