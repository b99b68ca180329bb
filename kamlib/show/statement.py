"""A pay statement written for its reader: every step of the sum, what the base is made of, and whether all of it adds up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial

from babel.numbers import format_decimal

from kamlib.incentives import Credit, PlanPay, Step
from kamlib.scores.pay import PayRun, Statement
from kamlib.show import text
from kamlib.show.text.numbers import MINUS, symbol
from kamlib.show.text.words import LOCALES

MONEY_PLACES = {"amount", "base", "pool", "price"}
SHARE_PLACES = {"rate", "start", "end", "payout"}
SHOWN_ONLY = {"credited", "brought", "earlier_base", "base", "quota"}  # figures of the base, which are not paid


@dataclass(frozen=True)
class Line:
    """One line of a statement.

    Parameters
    ----------
    id : str
        Of the step.
    words, how : str
    shown : Fraction or None
        A figure that is not paid.
    pays : Fraction or None
        What the line adds to the pay.
    places : dict
        Its figures, as data.
    """

    id: str
    words: str
    how: str
    shown: Fraction | None
    pays: Fraction | None
    places: dict


def money(amount: Fraction | Decimal, *, currency: str, language: str, places: int = 2) -> str:
    """Write an amount to the cent, or with up to so many places.

    Examples
    --------
    >>> money(Fraction("1234.5"), currency="CNY", language="en"), money(Fraction("-0.0021"), currency="USD", language="en", places=4)
    ('¥1,234.50', '−US$0.0021')
    """
    exact = Fraction(amount)
    scaled = Decimal(round(abs(exact) * 10**places)).scaleb(-places)
    figure = format_decimal(scaled, format=f"#,##0.00{'#' * (places - 2)}", locale=LOCALES[language])
    return f"{MINUS if exact < 0 and scaled else ''}{symbol(currency, language=language)}{figure}"


def percent(share: Fraction | Decimal, *, language: str) -> str:
    """Write a share as a percentage with as many places as it has, four at most.

    Examples
    --------
    >>> percent(Decimal("0.8"), language="en"), percent(Fraction(1, 3), language="zh"), percent(Decimal("0.0125"), language="en")
    ('80%', '33.3333%', '1.25%')
    """
    figure = Decimal(round(Fraction(share) * 10**6)).scaleb(-4)
    return f"{format_decimal(figure, format='#,##0.####', locale=LOCALES[language])}%".replace("-", MINUS)


def lines(pay: PlanPay, *, currency: str, language: str) -> Iterator[Line]:
    """Yield the steps of one plan in words.

    Parameters
    ----------
    pay : PlanPay
    currency, language : str

    Yields
    ------
    Line
    """
    say, credited = partial(text.say, language=language, group="review"), None
    for step in pay.steps:
        places = {name: _place(name, value, currency, language) for name, value in step.places.items()}
        if step.id == "base" and step.amount == credited or step.id == "tier" and not step.places["rate"]:
            continue  # says nothing that the line above does not
        credited = step.amount if step.id == "credited" else credited
        key, how = f"pay_step_{step.id}", ""
        if step.id == "tier":
            key += _which(step)
            how = say("pay_step_tier_how", base=places["base"], rate=places["rate"])
        if step.id == "attainment":
            how = places["rate"]
        pays = step.amount if step.id not in SHOWN_ONLY else None
        yield Line(step.id, say(key, **places), how, step.amount if step.id in SHOWN_ONLY else None, pays, step.places)


def _which(step: Step) -> str:
    """Tell a first tier, one between, the last and the only one apart."""
    if step.places["end"] is None:
        return "_open" if step.places["start"] else "_whole"
    return "" if step.places["start"] else "_first"


def note(pay: PlanPay, *, language: str) -> str:
    """Say why a plan pays nothing now; blank where it does."""
    return text.say(f"pay_note_{pay.note}", language=language, group="review") if pay.note else ""


def statement_view(statement: Statement, run: PayRun, names: Mapping[str, str], *, language: str) -> dict:
    """Return everything that a statement shows, in words.

    Parameters
    ----------
    statement : Statement
    run : PayRun
    names : mapping of str to str
        Of accounts.
    language : str

    Returns
    -------
    dict
        ``person name total plans``; of each plan ``name paid note lines credits``.
    """
    shown = partial(money, currency=run.currency, language=language)
    plans, listed = [], set()
    for pay in statement.plans:
        written = [_written(line, shown) for line in lines(pay, currency=run.currency, language=language)]
        credits = [
            _credit(credit, names, shown, language)
            for credit in sorted(pay.credits, key=lambda credit: (-credit.amount, credit.account_id))
        ]
        plans.append(
            {
                "name": pay.plan.name[language],
                "paid": shown(pay.paid) if pay.paid is not None else "",
                "note": note(pay, language=language),
                "lines": written,
                "credits": credits if pay.credits not in listed else [],
                "same": bool(credits) and pay.credits in listed,
                "credited": shown(sum((credit.amount for credit in pay.credits), Fraction(0))),
            }
        )
        listed.add(pay.credits)
    return {"person": statement.person, "name": statement.name, "total": shown(statement.total), "plans": plans}


def checks_view(run: PayRun, *, language: str) -> list[list[str]]:
    """Return a row per base: its lines, accounts, people, what nobody is paid for, and the difference."""
    shown = partial(money, currency=run.currency, language=language)
    keys = ("lines", "accounts", "people", "unpaid", "difference")
    return [
        [text.say(f"pay_base_{check['base']}", language=language, group="review"), *(shown(check[key]) for key in keys)]
        for check in run.checks
    ]


def step_sum(steps: tuple[Step, ...]) -> Fraction:
    """Add up what the steps of a plan pay.

    Examples
    --------
    >>> step_sum((Step("base", Fraction(100), {}), Step("tier", Fraction(1, 2), {}), Step("rounding", Fraction(1, 2), {})))
    Fraction(1, 1)
    """
    return sum((step.amount for step in steps if step.amount is not None and step.id not in SHOWN_ONLY), Fraction(0))


def _written(line: Line, shown) -> dict:
    figure = shown(line.shown) if line.shown is not None else ""
    pays = shown(line.pays, places=4) if line.pays is not None else ""
    return {"words": line.words, "how": line.how, "shown": figure, "pays": pays}


def _credit(credit: Credit, names: Mapping[str, str], shown, language: str) -> dict:
    by = text.say(f"pay_by_{credit.by}", language=language, group="review")
    share = percent(credit.share, language=language)
    amounts = {"of": shown(credit.of_amount), "amount": shown(credit.amount)}
    return {"name": names.get(credit.account_id, credit.account_id), "lines": credit.lines, "by": by, "share": share, **amounts}


def _place(name: str, value, currency: str, language: str) -> str:
    if value is None:
        return ""
    if name in MONEY_PLACES:
        return money(value, currency=currency, language=language)
    return percent(value, language=language) if name in SHARE_PLACES else str(value)
