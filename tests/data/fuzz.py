"""Files spoiled in one place: each is refused, sets accounts aside by name, or is read to exactly the totals its bytes spell.

``python -m tests.data.fuzz --cases 10000`` from the project's folder; ``--first 4711 --cases 1`` does one again.

What can be asked of a reader: a byte flip that turns 100.00 into 700.00 leaves a proper file, and nobody can tell from
it what was meant. So the oracle is not the sound file but a second reading of the spoiled bytes that shares no code
with the first: Python's own decoder, csv module and Decimal, under the declared dialect. The totals that `kam check`
prints must be those, over the accounts that are not set aside, and every account set aside must have a reason with a
line. Reconciling these totals with the source is then the reader's part. An Excel file carries checksums: there the
totals must be the sound ones.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import openpyxl
import xlsxwriter

from kamlib.checks import InvalidInput
from kamlib.data.engagement import load_engagement
from kamlib.data.read import Tables, read
from kamlib.data.schema import TABLES

STEP = Decimal("0.000001")
NAMES = ("Acme, Inc", "北京科技", 'The "Best" Ltd', "Söhne & Co", "plain")
AMOUNTS = {"accounts": ("annual_wallet",), "orders": ("quantity", "net_revenue", "cost"), "invoices": ("amount",)}
COLUMNS = {
    "accounts": ("account_id", "name", "annual_wallet"),
    "orders": ("order_id", "line", "account_id", "order_date", "product", "quantity", "net_revenue", "cost"),
    "invoices": ("invoice_id", "account_id", "invoice_date", "due_date", "amount"),
}


@dataclass(frozen=True)
class Dialect:
    """How the files of a case are written, and what the engagement file says of it."""

    encoding: str
    delimiter: str
    decimal: str
    thousands: str
    ending: str
    mapped: bool

    def options(self, table: str) -> dict:
        """Return the engagement's words for one table."""
        says = {"encoding": self.encoding, "delimiter": self.delimiter, "decimal": self.decimal, "thousands": self.thousands}
        return {"file": f"{table}.csv", **says, **({"columns": {name: name for name in COLUMNS[table]}} if self.mapped else {})}

    def amount(self, cents: int) -> str:
        """Return an amount as the dialect writes it."""
        text = f"{Decimal(cents) / 100:,.2f}"
        return text.translate({ord(","): self.thousands or None, ord("."): self.decimal})


@dataclass(frozen=True)
class Case:
    """A sound engagement and one spoiled file of it."""

    dialect: Dialect
    sound: dict[str, bytes]
    spoiled: str
    kind: str
    data: bytes


def make_case(number: int) -> Case:
    """Return the case of a number; the same each time."""
    luck = random.Random(number)
    decimal = luck.choice(".,")
    dialect = Dialect(
        encoding=luck.choice(["utf-8", "utf-8", "gb18030", "cp1252", "utf-16"]),
        delimiter=luck.choice(",;\t|") if decimal == "." else luck.choice(";\t|"),
        decimal=decimal,
        thousands=luck.choice(["", "'", "." if decimal == "," else " "]),
        ending=luck.choice(["\n", "\r\n"]),
        mapped=luck.random() < 0.5,
    )
    sound = {f"{table}.csv": _written(rows, dialect) for table, rows in _rows(luck, dialect).items()}
    if luck.random() < 0.15:
        sound["accounts.xlsx"] = _workbook(luck)
    spoiled = "accounts.xlsx" if "accounts.xlsx" in sound else luck.choice(sorted(sound))
    kind = luck.choice(IN_EXCEL if spoiled.endswith(".xlsx") else list(SPOILERS))
    return Case(dialect, sound, spoiled, kind, SPOILERS[kind](luck, sound[spoiled], dialect))


def _rows(luck: random.Random, dialect: Dialect) -> dict[str, list[tuple]]:
    names = [name for name in NAMES if dialect.encoding != "cp1252" or name != "北京科技"]
    accounts = [(f"{number:04}", luck.choice(names), dialect.amount(luck.randrange(10**9))) for number in range(8)]
    orders, invoices = [], []
    for number in range(luck.randrange(20, 60)):
        sign, day = luck.choice([1, 1, 1, -1]), f"2024-{luck.randrange(1, 13):02}-{luck.randrange(1, 29):02}"
        net, cost = dialect.amount(sign * luck.randrange(10**7)), luck.choice(["", dialect.amount(sign * luck.randrange(10**6))])
        orders.append((f"O{number}", "1", f"{luck.randrange(8):04}", day, luck.choice(names), str(sign * luck.randrange(1, 99)), net, cost))
        invoices.append((f"I{number}", f"{luck.randrange(8):04}", day, "2025-01-31", dialect.amount(luck.randrange(10**7))))
    return {"accounts": accounts, "orders": orders, "invoices": invoices[:12]}


def _written(rows: list[tuple], dialect: Dialect) -> bytes:
    table = next(name for name, columns in COLUMNS.items() if len(columns) == len(rows[0]))
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=dialect.delimiter, lineterminator=dialect.ending).writerows([COLUMNS[table], *rows])
    return text.getvalue().encode(dialect.encoding)


def _workbook(luck: random.Random) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2026, 6, 30)})  # a case has the same bytes whenever it is made
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS["accounts"])
        for number in range(8):
            sheet.write_row(number + 1, 0, [f"{number:04}", luck.choice(NAMES), luck.randrange(10**9) / 100])
    return file.getvalue()


def _replaced(luck: random.Random, data: bytes, new: bytes, length: int = 1) -> bytes:
    place = luck.randrange(len(data))
    return data[:place] + new + data[place + length :]


def _flipped(luck: random.Random, data: bytes, _: Dialect) -> bytes:
    place = luck.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << luck.randrange(8)]) + data[place + 1 :]


def _repeated(luck: random.Random, data: bytes, _: Dialect) -> bytes:
    place, length = luck.randrange(len(data)), luck.randrange(1, 30)
    return data[: place + length] + data[place:]


def _other_digits(luck: random.Random, data: bytes, _: Dialect) -> bytes:
    return re.sub(rb"[0-9]", lambda found: found[0] if luck.random() < 0.99 else b"%d" % luck.randrange(10), data)


def _swapped_cells(luck: random.Random, text: str, dialect: Dialect) -> str:
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter))
    row = luck.choice(rows)
    a, b = luck.sample(range(len(row)), 2)
    row[a], row[b] = row[b], row[a]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=dialect.delimiter, lineterminator=dialect.ending).writerows(rows)
    return out.getvalue()


def _one(luck: random.Random, text: str, old: str, news: Sequence[str]) -> str:
    place = luck.choice([place for place, sign in enumerate(text) if sign == old])
    return text[:place] + luck.choice(news) + text[place + 1 :]


def _as_text(change: Callable[[random.Random, str, Dialect], str]) -> Callable[[random.Random, bytes, Dialect], bytes]:
    return lambda luck, data, dialect: change(luck, data.decode(dialect.encoding), dialect).encode(dialect.encoding, "replace")


ENCODINGS = ("utf-8", "gb18030", "cp1252", "utf-16", "big5", "utf-8-sig")
SPOILERS: dict[str, Callable[[random.Random, bytes, Dialect], bytes]] = {
    "byte": lambda luck, data, _: _replaced(luck, data, bytes([luck.randrange(256)])),
    "bit": _flipped,
    "digits": _other_digits,
    "sign": lambda luck, data, _: _replaced(luck, data, bytes([luck.choice(b"\",;\n\r\t \x00|'.-+eE(x")]), luck.randrange(2)),
    "cut": lambda luck, data, _: data[: luck.randrange(len(data))],
    "lost": lambda luck, data, _: _replaced(luck, data, b"", luck.randrange(1, 30)),
    "twice": _repeated,
    "mark": lambda luck, data, _: luck.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\xef\xbb\xbf" * 2]) + data,
    "encoding": lambda luck, data, dialect: data.decode(dialect.encoding).encode(luck.choice(ENCODINGS), "replace"),
    "quote": _as_text(lambda luck, text, _: _one(luck, text, luck.choice(text), '"')),
    "delimiter": _as_text(lambda luck, text, dialect: _one(luck, text, dialect.delimiter, ",;\t| ")),
    "delimiters": _as_text(lambda luck, text, dialect: text.replace(dialect.delimiter, luck.choice(",;\t|"))),
    "cells": _as_text(_swapped_cells),
    "line end": _as_text(lambda luck, text, _: _one(luck, text, "\n", ["\r", "\r\n", "\n\n", " ", "\u2028"])),
    "line ends": _as_text(lambda luck, text, dialect: text.replace(dialect.ending, luck.choice(["\r", "\r\n", "\n", "\n\r"]))),
}
IN_EXCEL = ("byte", "bit", "cut", "lost", "twice")


def run_case(case: Case, folder: Path) -> str:
    """Read a case and judge what came of it.

    Returns
    -------
    str
        ``refused``, ``accounts set aside``, ``read, other totals`` or ``read, same totals``.

    Raises
    ------
    AssertionError
        The totals are not those that the bytes spell, or a refusal is no proper one.
    """
    files = {**case.sound, case.spoiled: case.data}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    tables = {table: case.dialect.options(table) for table in COLUMNS}
    if "accounts.xlsx" in files:
        tables["accounts"] = {"file": "accounts.xlsx"}
    head = {"schema": 1, "name": "Fuzz", "as_of": "2024-12-31", "currency": "EUR", "tables": tables}
    (folder / "engagement.yaml").write_text(json.dumps(head), encoding="utf-8")
    try:
        found = read(load_engagement(folder / "engagement.yaml"))
    except InvalidInput as error:
        assert error.problems and all(problem.code.startswith("KAM-") for problem in error.problems)
        return "refused"
    return _judged(case, files, found)


def _judged(case: Case, files: dict[str, bytes], found: Tables) -> str:
    aside, outcome = found.quarantined, "read, same totals"
    assert all(problem.line and problem.fix for problems in aside.values() for problem in problems)
    for table in COLUMNS:
        quality = found.quality.tables[table]
        is_excel = f"{table}.xlsx" in files
        expected = excel_totals(case.sound[f"{table}.xlsx"], aside) if is_excel else spelled_totals(files, table, case.dialect, aside)
        assert quality.rows_read == quality.rows_used + sum(quality.rows_refused.values())
        assert (quality.rows_used, quality.totals) == expected, (table, quality.rows_used, quality.totals, expected)
        lost = set(AMOUNTS[table]) - quality.totals.keys() - (set() if is_excel else set(spelled_rows(files, table, case.dialect)[0]))
        assert not lost or any(problem.code == "KAM-F05" for problem in found.quality.problems), lost
        if not is_excel and expected != spelled_totals(case.sound, table, case.dialect, ()):
            outcome = "read, other totals"
    return "accounts set aside" if aside else outcome


def spelled_totals(files: dict[str, bytes], table: str, dialect: Dialect, aside: Container[str]) -> tuple[int, dict[str, Decimal]]:
    """Return the rows and the exact sums that the bytes of a file spell, without the accounts set aside."""
    numbers, rows = spelled_rows(files, table, dialect)
    kept = [row for row in rows if row[numbers["account_id"]] not in aside]
    needed = {name for name in AMOUNTS[table] if dialect.mapped or TABLES[table].by_name[name].required}
    given = [name for name in AMOUNTS[table] if name in numbers and (name in needed or any(row[numbers[name]] for row in rows))]
    return len(kept), {name: sum((spelled(row[numbers[name]], dialect) for row in kept), Decimal(0)) for name in given}


def spelled_rows(files: dict[str, bytes], table: str, dialect: Dialect) -> tuple[dict[str, int], list[list[str]]]:
    """Return the columns of a file with their numbers, and its rows that are not blank."""
    text = files[f"{table}.csv"].decode("utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding)
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, strict=True)
    rows = [[cell.strip() for cell in row] for row in rows]
    return {name.strip(): number for number, name in enumerate(header)}, [row for row in rows if any(row)]


def spelled(cell: str, dialect: Dialect) -> Decimal:
    """Return the number that a cell spells, to six places; a cell that spells none must not have been used."""
    point, sign = re.escape(dialect.decimal), re.escape(dialect.thousands)
    whole = f"([0-9]+|[0-9]{{1,3}}({sign}[0-9]{{3}})+)" if sign else "[0-9]+"
    assert not cell or re.fullmatch(f"[-+]?({whole}({point}[0-9]*)?|{point}[0-9]+)([eE][-+]?[0-9]{{1,3}})?", cell), f"{cell!r} was used"
    cell = cell.replace(dialect.thousands, "") if dialect.thousands else cell
    return Decimal(cell.replace(dialect.decimal, ".") or 0).quantize(STEP, ROUND_HALF_UP)


def excel_totals(data: bytes, aside: Container[str]) -> tuple[int, dict[str, Decimal]]:
    """Return the rows and the exact sum of the sound workbook, without the accounts set aside."""
    rows = openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(min_row=2, values_only=True)
    amounts = [Decimal(str(wallet)) for account, _, wallet in rows if account not in aside]
    return len(amounts), {"annual_wallet": sum(amounts, Decimal(0))}


def run_cases(numbers: Iterable[int], folder: Path) -> Counter[tuple[str, str]]:
    """Read many cases and return how many of each kind came out how; the first failure names its case."""
    outcomes: Counter[tuple[str, str]] = Counter()
    for number in numbers:
        case = make_case(number)
        place = folder / str(number)
        place.mkdir()
        try:
            outcomes[case.kind, run_case(case, place)] += 1
        except Exception as error:
            raise AssertionError(f"case {number}, {case.kind} in {case.spoiled}: {type(error).__name__}: {error}") from error
        shutil.rmtree(place)
    return outcomes


def main() -> None:
    """Read as many cases as asked for and print what came of them."""
    asked = argparse.ArgumentParser(prog="python -m tests.data.fuzz")
    asked.add_argument("--cases", type=int, default=200)
    asked.add_argument("--first", type=int, default=0)
    words, began = asked.parse_args(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        outcomes = run_cases(range(words.first, words.first + words.cases), Path(folder))
    totals: Counter[str] = Counter()
    for (_, outcome), count in outcomes.items():
        totals[outcome] += count
    lines = [f"{count:7,} {outcome}" for outcome, count in totals.most_common()]
    sys.stdout.write("\n".join([*lines, f"{sum(totals.values()):7,} cases, no failure, {time.perf_counter() - began:,.0f} s", ""]))


if __name__ == "__main__":
    main()
