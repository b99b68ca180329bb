"""Pay statements as files: a page and a workbook per person, and the page and workbook that prove that all of it adds up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import xlsxwriter

from kamlib.checks import KamError
from kamlib.data.disk import write_whole
from kamlib.data.engagement import Engagement
from kamlib.data.names import file_stem
from kamlib.data.tables import Tables
from kamlib.incentives import PlanPay
from kamlib.render.folder import only_run, writable
from kamlib.render.html import TEMPLATES
from kamlib.scores.pay import PayRun, Statement
from kamlib.show import html, text, theme
from kamlib.show.statement import checks_view, lines, money, note, percent, statement_view, step_sum

INDEX = "pay"
MONEY_FORMAT = "#,##0.00####;[Red]-#,##0.00####"


def write_statements(run: PayRun, tables: Tables, engagement: Engagement, folder: Path, *, language: str, rule: str) -> list[Path]:
    """Write every statement and the reconciliation.

    Parameters
    ----------
    run : PayRun
    tables : Tables
        For the names of accounts.
    engagement : Engagement
    folder : Path
        Made if absent; files of the same names are written over, whole.
    language : str
        ``en`` or ``zh``.
    rule : str
        Of rounding.

    Returns
    -------
    list of Path
        ``pay.html`` and ``pay.xlsx`` first, then a page and a workbook per person; none is readable by others.

    Raises
    ------
    KamError
        ``KAM-M01``: the sums do not agree; nothing is written. ``KAM-S01``, ``KAM-S03``: the folder cannot be used.
    """
    require_sums(run)
    folder = writable(folder)
    names = tables["accounts"].set_index("account_id")["name"].dropna().to_dict()
    page = partial(_page, run=run, engagement=engagement, language=language, rule=rule)
    written = []
    with only_run(folder):
        for name, content in _files(run, names, page, language):
            write_whole(folder / name, content, mode=0o600)
            written.append(folder / name)
    return written


def require_sums(run: PayRun) -> None:
    """Raise unless lines, accounts, people, steps and pool agree to the last digit.

    Parameters
    ----------
    run : PayRun

    Raises
    ------
    KamError
        ``KAM-M01``, naming the first that does not.
    """
    for check in run.checks:
        if not check["lines"] == check["accounts"] == check["people"]:
            raise _unequal(f"the {check['base']} of lines, accounts and people", check["lines"], check["people"])
        if check["accounts_apart"]:
            raise _unequal(f"lines and credits of {check['accounts_apart'][0]}", check["lines"], check["people"])
    for statement in run.statements:
        for pay in statement.plans:
            if pay.paid is not None and step_sum(pay.steps) != pay.paid:
                raise _unequal(f"the steps of {pay.plan.id} of {statement.person} and its pay", step_sum(pay.steps), pay.paid)
    of_plans = sum(pay.paid for statement in run.statements for pay in statement.plans if pay.paid is not None)
    if of_plans != run.pool:
        raise _unequal("plans and pool", of_plans, run.pool)


def _unequal(what: str, first, second) -> KamError:
    return KamError(
        "KAM-M01", f"{what} do not agree: {float(first):,.6f} and {float(second):,.6f}", "report it as a bug; nothing was written"
    )


def _files(run: PayRun, names: Mapping[str, str], page, language: str):
    yield f"{INDEX}.html", _index(run, page, language).encode("utf-8")
    yield f"{INDEX}.xlsx", _summary_book(run, language)
    for statement in run.statements:
        view = statement_view(statement, run, names, language=language)
        stem = file_stem(statement.person)
        places = {"heading": statement.name, "total": view["total"], "plans": view["plans"]}
        yield f"{stem}.html", page(title=f"{_say(language, 'pay_title')} – {statement.name}", **places).encode("utf-8")
        yield f"{stem}.xlsx", _book(statement, run, names, language)


def _page(
    *,
    run: PayRun,
    engagement: Engagement,
    language: str,
    rule: str,
    title: str,
    heading: str,
    total: str,
    plans=(),
    people=(),
    checks=(),
    words="",
):
    say = partial(_say, language)
    first, last = (text.day(day, language=language) for day in (run.window.first_day, run.window.until))
    kicker = [
        say("pay_title" if not people else "pay_index"),
        say("pay_span", first=first, last=last),
        say("pay_version", version=run.version),
    ]
    kicker += [text.say("synthetic", language=language)] if engagement.synthetic else []
    style = theme.style_sheet() + TEMPLATES.joinpath("report", "page.css").read_text(encoding="utf-8")
    places = {"title": title, "heading": heading, "total": total, "plans": plans, "people": people, "checks": checks, "style": style}
    total_words = say("pay_pool" if people else "pay_total")
    shown = {"kicker": kicker, "total_words": total_words, "statements_words": words, "rule": say("pay_rule", rule=say(f"pay_rule_{rule}"))}
    return html.document("statement", language=language, word=say, **places, **shown)


def _index(run: PayRun, page, language: str) -> str:
    shown = partial(money, currency=run.currency, language=language)
    people = [_person(statement, shown, language) for statement in run.statements]
    summed = sum((statement.total for statement in run.statements), 0)
    difference = shown(summed - run.pool)
    words = _say(language, "pay_check_statements", sum=shown(summed), pool=shown(run.pool), difference=difference)
    title = f"{_say(language, 'pay_index')} {run.period}"
    return page(
        title=title, heading=run.period, total=shown(run.pool), people=people, checks=checks_view(run, language=language), words=words
    )


def _person(statement: Statement, shown, language: str) -> dict:
    plans = text.say("comma", language=language).join(pay.plan.name[language] for pay in statement.plans)
    notes = list(dict.fromkeys(note(pay, language=language) for pay in statement.plans if pay.note))
    stem = quote(file_stem(statement.person))
    files = {kind: f"{stem}.{kind}" for kind in ("html", "xlsx")}
    return {
        "name": statement.name,
        "plans": plans,
        "notes": notes,
        "attainment": _attainment(statement, language),
        "total": shown(statement.total),
        **files,
    }


def _attainment(statement: Statement, language: str) -> str:
    found = [step.places["rate"] for pay in statement.plans for step in pay.steps if step.id == "attainment"]
    return percent(round(found[0], 4), language=language) if found else ""


def _book(statement: Statement, run: PayRun, names: Mapping[str, str], language: str) -> bytes:
    """Return one person's workbook: the steps with live formulas, and the accounts that the base is made of."""
    say, file = partial(_say, language), BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        formats = _formats(book)
        sheet = book.add_worksheet(say("pay_statement"))
        sheet.set_column(0, 0, 48)
        sheet.set_column(1, 4, 18)
        sheet.write_string(0, 0, statement.name, formats["title"])
        sheet.write_string(1, 0, f"{run.period} · {say('pay_version', version=run.version)}", formats["soft"])
        row, paid = 3, []
        for pay in statement.plans:
            row = _plan_rows(sheet, row, pay, run, formats, language)
            paid += [f"E{row - 1}"] if pay.paid is not None else []
        sheet.write_string(row, 0, say("pay_total"), formats["bold"])
        formula = "=" + "+".join(paid) if paid else "=0"
        sheet.write_formula(row, 4, formula, formats["total"], float(statement.total))
        for number, pay in enumerate((pay for pay in statement.plans if pay.credits), 1):
            _credit_sheet(book, f"{say('pay_account')} {number}", pay, names, formats, language)
    return file.getvalue()


def _plan_rows(sheet, row: int, pay: PlanPay, run: PayRun, formats: dict, language: str) -> int:
    """Write one plan below the last; a tier is base times rate, and the pay is the sum of what adds to it."""
    say = partial(_say, language)
    sheet.write_string(row, 0, pay.plan.name[language], formats["bold"])
    for place, key in enumerate(("pay_amount", "pay_step_attainment", "pay_share", "pay_adds"), 1):
        sheet.write_string(row, place, say(key), formats["head"])
    row, first = row + 1, row + 1
    for line in lines(pay, currency=run.currency, language=language):
        sheet.write_string(row, 0, line.words)
        if line.shown is not None:
            sheet.write_number(row, 1, float(line.shown), formats["money"])
        if line.id == "attainment":
            sheet.write_number(row, 2, float(line.places["rate"]), formats["share"])
        if line.id == "tier":
            sheet.write_number(row, 1, float(line.places["base"]), formats["money"])
            sheet.write_number(row, 3, float(line.places["rate"]), formats["share"])
            sheet.write_formula(row, 4, f"=B{row + 1}*D{row + 1}", formats["money"], float(line.pays))
        elif line.pays is not None:
            sheet.write_number(row, 4, float(line.pays), formats["money"])
        row += 1
    if pay.note:
        sheet.write_string(row, 0, note(pay, language=language), formats["soft"])
        row += 1
    if pay.paid is not None:
        sheet.write_string(row, 0, say("pay_total"), formats["bold"])
        sheet.write_formula(row, 4, f"=ROUND(SUM(E{first + 1}:E{row}),2)", formats["total"], float(pay.paid))
        row += 1
    return row + 1


def _credit_sheet(book, name: str, pay: PlanPay, names: Mapping[str, str], formats: dict, language: str) -> None:
    say, sheet = partial(_say, language), book.add_worksheet(name[:31])
    sheet.set_column(0, 1, 24)
    sheet.set_column(2, 6, 18)
    heads = ("pay_account", "pay_account", "pay_lines", "pay_by", "pay_of", "pay_share", "pay_credited")
    for place, key in enumerate(heads):
        sheet.write_string(0, place, say(key), formats["head"])
    ordered = sorted(pay.credits, key=lambda credit: (-credit.amount, credit.account_id))
    for row, credit in enumerate(ordered, 1):
        sheet.write_string(row, 0, credit.account_id)
        sheet.write_string(row, 1, names.get(credit.account_id, credit.account_id))
        sheet.write_number(row, 2, credit.lines)
        sheet.write_string(row, 3, say(f"pay_by_{credit.by}"))
        sheet.write_number(row, 4, float(credit.of_amount), formats["money"])
        sheet.write_number(row, 5, float(credit.share), formats["share"])
        sheet.write_formula(row, 6, f"=E{row + 1}*F{row + 1}", formats["money"], float(credit.amount))
    last = len(ordered) + 1
    sheet.write_string(last, 0, say("pay_sum"), formats["bold"])
    sheet.write_formula(last, 6, f"=SUM(G2:G{last})", formats["total"], float(sum(credit.amount for credit in ordered)))
    sheet.freeze_panes(1, 0)


def _summary_book(run: PayRun, language: str) -> bytes:
    """Return the reconciliation: people and pool, bases with their differences as formulas."""
    say, file = partial(_say, language), BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        formats = _formats(book)
        sheet = book.add_worksheet(say("pay_person"))
        sheet.set_column(0, 1, 24)
        sheet.set_column(2, 2, 18)
        for place, key in enumerate(("pay_person", "pay_person", "pay_total")):
            sheet.write_string(0, place, say(key), formats["head"])
        for row, statement in enumerate(run.statements, 1):
            sheet.write_string(row, 0, statement.person)
            sheet.write_string(row, 1, statement.name)
            sheet.write_number(row, 2, float(statement.total), formats["money"])
        last = len(run.statements) + 1
        sheet.write_string(last, 0, say("pay_pool"), formats["bold"])
        sheet.write_formula(last, 2, f"=SUM(C2:C{last})", formats["total"], float(run.pool))
        checks = book.add_worksheet(say("pay_checks").replace("?", ""))
        checks.set_column(0, 5, 20)
        for place, key in enumerate(("base", "lines", "accounts", "people", "unpaid", "difference")):
            checks.write_string(0, place, say(f"pay_check_{key}"), formats["head"])
        for row, check in enumerate(run.checks, 1):
            checks.write_string(row, 0, say(f"pay_base_{check['base']}"))
            for place, key in enumerate(("lines", "accounts", "people", "unpaid"), 1):
                checks.write_number(row, place, float(check[key]), formats["money"])
            checks.write_formula(row, 5, f"=B{row + 1}-D{row + 1}", formats["money"], float(check["difference"]))
    return file.getvalue()


_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def _formats(book) -> dict:
    kinds = {
        "title": {"bold": True, "font_size": 16},
        "bold": {"bold": True},
        "head": {"font_color": "#5d6b78", "bottom": 1, "text_wrap": True},
        "soft": {"font_color": "#5d6b78"},
        "money": {"num_format": MONEY_FORMAT},
        "total": {"num_format": "#,##0.00", "bold": True, "top": 1},
        "share": {"num_format": "0.####%"},
    }
    return {name: book.add_format(kind) for name, kind in kinds.items()}


def _say(language: str, key: str, **places: str) -> str:
    return text.say(key, language=language, group="review", **places)
