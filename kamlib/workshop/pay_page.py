"""What the pay sandbox shows: the sum, the curve with its steps and dead zones, everybody's pay, and the six principles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd
from markupsafe import Markup

from kamlib.incentives.plan import Plan
from kamlib.playbook import playbook
from kamlib.show import text
from kamlib.show.statement import money as exact_money
from kamlib.show.statement import percent
from kamlib.workshop.drawing import alternative, drawn, plot_pay
from kamlib.workshop.panel import say, table
from kamlib.workshop.pay_numbers import PayNumbers, Subject, Terms
from kamlib.workshop.session import Workshop

NEAR_POINTS, SHARE_PLACES = 3, 3
TOLD_AT = (0.6, 0.8, 1.0, 1.2, 1.4)


@dataclass(frozen=True)
class Looked:
    """What the room looks at.

    Parameters
    ----------
    numbers : PayNumbers
    terms : mapping of str to Plan
        Tried, by id of the plan whose terms they take the place of.
    plan : Plan
        In force.
    subject : Subject or None
        For whom the curve is drawn.
    budget : Decimal
    """

    numbers: PayNumbers
    terms: Terms
    plan: Plan
    subject: Subject | None
    budget: Decimal

    @property
    def tried(self) -> Plan:
        """The plan with the terms tried."""
        return self.terms.get(self.plan.id, self.plan)


def pay_parts(workshop: Workshop, look: Looked) -> Iterator[Markup]:
    """Yield the page of the sandbox.

    Parameters
    ----------
    workshop : Workshop
    look : Looked

    Yields
    ------
    Markup
    """
    now = {statement.person: statement.total for statement in look.numbers.run.statements}
    tried = look.numbers.under(look.terms) if look.terms else now
    yield from _verdict(workshop, look, now, tried)
    if look.subject is None:
        yield Markup("<p>{}</p>").format(say(workshop, "pay.no_curve"))
    else:
        yield _curve(workshop, look)
        yield Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(words) for words in _steps(workshop, look)))
    yield Markup("<h3>{}</h3>").format(say(workshop, "pay.people"))
    yield _people(workshop, look, now, tried)
    yield from _lint(workshop, look)


def _verdict(workshop: Workshop, look: Looked, now: dict[str, Decimal], tried: dict[str, Decimal]) -> Iterator[Markup]:
    pool, whole = sum(now.values(), Decimal(0)), sum(tried.values(), Decimal(0))
    places = {"period": look.numbers.period, "pool": _money(workshop, pool)}
    if not look.terms:
        yield Markup("<p class='kam-lead'>{}</p>").format(say(workshop, "pay.same", **places))
        return
    if whole == pool:
        words = say(workshop, "pay.equal", **places)
    else:
        rate = text.number(float(abs(whole - pool) / pool), "rate", language=workshop.language) if pool else say(workshop, "bar.dash")
        key = "pay.more" if whole > pool else "pay.less"
        change = say(workshop, key, amount=_money(workshop, abs(whole - pool)), rate=rate)
        words = say(workshop, "pay.verdict", tried=_money(workshop, whole), change=change, **places)
    yield Markup("<p class='kam-lead'>{}</p>").format(words)
    apart = {person: tried[person] - now[person] for person in now if tried[person] != now[person]}
    names = {statement.person: statement.name for statement in look.numbers.run.statements}
    told = []
    for key, sign in (("gain", 1), ("loss", -1)):
        mine = sorted((-sign * change, names[person]) for person, change in apart.items() if sign * change > 0)
        listed = [say(workshop, "pay.by", name=name, amount=_money(workshop, -size)) for size, name in mine]
        told += [say(workshop, f"pay.{key}", names=_joined(workshop, listed))] if listed else []
    if told:
        yield Markup("<p>{}</p>").format(text.paragraph(told, language=workshop.language))


def _curve(workshop: Workshop, look: Looked) -> Markup:
    sides = [look.numbers.shape(plan, look.subject) for plan in (look.plan, look.tried)]
    curves, (_, cliffs, flats) = [side[0] for side in sides], sides[1]
    largest = max(float(curve["pay_amount"].max()) for curve in curves) or 1.0
    scale, unit, places = text.money_scale(largest, workshop.currency, language=workshop.language)
    key = "pay.curve" if look.plan.kind == "commission" else "pay.curve_year"
    heading = say(workshop, key, unit=unit, name=look.subject.name, plan=look.plan.name[workshop.language])
    at = look.subject.attainment
    now = None
    if at is not None and curves[1]["attainment"].min() <= at <= curves[1]["attainment"].max():
        now = (at, float(np.interp(at, curves[1]["attainment"], curves[1]["pay_amount"])), f"{look.subject.name} {_share(workshop, at)}")
    draw = partial(
        plot_pay, curves=curves, cliffs=[(row.attainment, f"+{_money(workshop, row.jump_amount)}") for row in cliffs.itertuples()],
        flats=[(row.start, row.end, say(workshop, "pay.flat_mark")) for row in flats.itertuples()], now=now,
        names=[say(workshop, "pay.line_now"), say(workshop, "pay.line_tried")], heading=heading, scale=scale, places=places,
        language=workshop.language,
    )  # fmt: skip
    told = [say(workshop, "pay.point", at=f"{at:.0%}", **_paid_at(workshop, curves, at)) for at in TOLD_AT]
    return drawn(draw, alternative(workshop, heading, told), 2.5)


def _paid_at(workshop: Workshop, curves: list[pd.DataFrame], at: float) -> dict[str, str]:
    paid = [float(np.interp(at, curve["attainment"], curve["pay_amount"])) for curve in curves]
    return {name: _money(workshop, amount) for name, amount in zip(("now", "tried"), paid, strict=True)}


def _steps(workshop: Workshop, look: Looked) -> Iterator[str]:
    """Yield where pay jumps or stands still under the terms tried, what that costs, and who stands there."""
    (_, old_cliffs, old_flats), (_, cliffs, flats) = (look.numbers.shape(plan, look.subject) for plan in (look.plan, look.tried))
    paid = {statement.person for statement in look.numbers.run.statements if any(pay.plan.id == look.plan.id for pay in statement.plans)}
    there = [one for one in look.numbers.subjects(look.plan) if one.attainment is not None and one.person in paid]
    for row in cliffs.itertuples():
        words = [say(workshop, "pay.cliff", amount=_money(workshop, row.jump_amount), at=_share(workshop, row.attainment))]
        near = [one.name for one in there if 100 * abs(one.attainment - row.attainment) < NEAR_POINTS]
        words += [say(workshop, "pay.cliff_near", points=NEAR_POINTS, names=_joined(workshop, near))] if near else []
        yield text.paragraph(words, language=workshop.language)
    for row in flats.itertuples():
        span = {"start": _share(workshop, row.start), "end": _share(workshop, row.end)}
        if look.plan.kind == "commission":
            sales = (row.end - row.start) * float(look.subject.where["quota"])
            words = [say(workshop, "pay.flat", sales=_money(workshop, sales), **span)]
        else:
            words = [say(workshop, "pay.flat_score", **span)]
        inside = [one.name for one in there if row.start <= one.attainment < row.end]
        words += [say(workshop, "pay.flat_in", names=_joined(workshop, inside))] if inside else []
        yield text.paragraph(words, language=workshop.language)
    if cliffs.empty and flats.empty:
        yield say(workshop, "pay.smooth")
    if look.terms and (len(old_cliffs), len(old_flats)) != (len(cliffs), len(flats)):
        yield say(workshop, "pay.was", cliffs=len(old_cliffs), flats=len(old_flats))


def _people(workshop: Workshop, look: Looked, now: dict[str, Decimal], tried: dict[str, Decimal]) -> Markup:
    exact, language = partial(exact_money, currency=workshop.currency, language=workshop.language), workshop.language
    rows = []
    for statement in look.numbers.run.statements:
        person = statement.person
        named = _joined(workshop, [pay.plan.name[language] for pay in statement.plans])
        change = tried[person] - now[person]
        cells = [exact(now[person]), exact(tried[person]), _signed(change, exact) if change else say(workshop, "bar.dash")]
        rows.append([statement.name, named, _reached(workshop, statement), *cells])
    sums = [sum(side.values(), Decimal(0)) for side in (now, tried)]
    change = sums[1] - sums[0]
    whole = [
        say(workshop, "pay.sum"),
        "",
        "",
        exact(sums[0]),
        exact(sums[1]),
        _signed(change, exact) if change else say(workshop, "bar.dash"),
    ]
    rows.append([Markup("<b>{}</b>").format(cell) for cell in whole])
    heads = ["name", "plans", "reached", "now", "tried", "difference"]
    return table([say(workshop, f"pay.{key}") for key in heads], rows, numbers={3, 4, 5})


def _reached(workshop: Workshop, statement) -> str:
    """Say what a person reached: the attainment of a commission, the score of a salary, or why there is neither."""
    for pay in statement.plans:
        places = {step.id: step.places for step in pay.steps}
        if "attainment" in places:
            return f"{text.decimal(100 * float(places['attainment']['rate']), 2, language=workshop.language)}%"
        if "score" in places:
            return say(workshop, "pay.score", score=text.decimal(float(places["score"]["score"]), 0, language=workshop.language))
    return say(workshop, "bar.dash")


def _lint(workshop: Workshop, look: Looked) -> Iterator[Markup]:
    """Yield the rules of the six principles, those that are broken first."""
    judged, language = look.numbers.lint(look.terms, look.budget), workshop.language
    if judged.empty:
        return
    rules = {rule["id"]: (home, rule) for home in playbook("principles")["principles"] for rule in home["rules"]}
    order = ["broken", "open", "kept"]
    rows = []
    for row in sorted(judged.to_dict("records"), key=lambda row: order.index(row["state"])):
        home, rule = rules[row["rule"]]
        state = say(workshop, "pay.state_kept") if row["state"] == "kept" else _review(workshop, f"design_state_{row['state']}")
        mark = Markup("<b class='kam-worse'>{}</b>").format(state) if row["state"] == "broken" else state
        rows.append([home["name"][language], rule["name"][language], mark, _found(workshop, look, row)])
    heads = [_review(workshop, f"design_{key}") for key in ("principle", "rule", "state", "found")]
    yield Markup("<h3>{}</h3>").format(say(workshop, "pay.lint"))
    yield table(heads, rows)


def _found(workshop: Workshop, look: Looked, row: dict) -> str:
    if row["rule"] == "budget":
        sides = {"target": look.numbers.at_target(look.terms), "budget": look.budget}
        return say(workshop, "pay.budget_found", **{name: _money(workshop, amount) for name, amount in sides.items()})
    pairs = [part.split(" ~ ") for part in (row["found"] or "").split(",") if part]
    named = [" ~ ".join(_metric(name, workshop.language) for name in pair) for pair in pairs]
    return _joined(workshop, named) or say(workshop, "bar.dash")


def _metric(name: str, language: str) -> str:
    return text.metric_name(name, language=language) if name in playbook("metrics") else name


def _joined(workshop: Workshop, names: list[str]) -> str:
    return say(workshop, "bar.comma").join(names)


def _review(workshop: Workshop, key: str) -> str:
    return text.say(key, language=workshop.language, group="review")


def _signed(change: Decimal, exact) -> str:
    return f"+{exact(change)}" if change > 0 else exact(change)


def _money(workshop: Workshop, amount: Decimal | float) -> str:
    return text.number(float(amount), "amount", language=workshop.language, currency=workshop.currency)


def _share(workshop: Workshop, share: float) -> str:
    return percent(Decimal(repr(round(share, SHARE_PLACES))), language=workshop.language)
