"""What the command ``kam`` prints."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kamlib.backtest import Backtest
    from kamlib.checks import KamError
    from kamlib.data.read import Tables
    from kamlib.receipts import Receipt
    from kamlib.render import RunSummary
    from kamlib.scores.pay import PayRun

SHOWN_PER_FILE, SHOWN_PER_KIND, SHOWN_VALUES = 20, 3, 6
VERDICTS = {
    "better": "The risk index ranks accounts better than the days since the last order alone.",
    "worse": "The days since the last order alone rank accounts better than the risk index.",
    "not_shown": "Not shown that the risk index ranks accounts better than the days since the last order alone.",
    "too_few": "Fewer than ten losses, or ten that stayed: counts only.",
}
DECLARED = ("KAM-F05", "KAM-V01", "KAM-V02", "KAM-V03")  # what a name, a format or a translation mends


def backtest_text(found: Backtest) -> str:
    """Write a backtest as a few lines: what was tried, how the risk ranks against two plain rules, what a flag was worth."""
    days = f"{found.dates[0]} to {found.dates[-1]}" if len(found.dates) > 1 else f"{found.dates[0]}"
    lines = [f"{len(found.dates)} dates, {days}; {found.horizon} months observed after each"]
    events, lapsed = found.rows["is_lost"].sum(), found.rows["is_lapsed"].sum()
    lines.append(f"{len(found.rows):,} scores, {events:,.0f} lost (bought less than half), {lapsed:,.0f} of them bought nothing")
    if len(found.scores):
        rows = found.scores.rename(index={"recency": "days since last order", "trend": "last quarter on quarter"})
        shown = rows[["auc", "low", "high", "gain", "gain_low", "gain_high"]]
        lines += ["", shown.to_string(float_format="{:.3f}".format)]
        lines += ["", found.levels[["flagged_count", "precision_share", "recall_share"]].to_string(float_format="{:,.3f}".format)]
    return "\n".join([*lines, "", VERDICTS[found.verdict], *_calibration(found)])


def _calibration(found: Backtest) -> list[str]:
    """Offer the measured chances for the engagement file, where they told more than the base rate of earlier dates."""
    if not len(found.calibration) or not found.brier.get("calibrated", 1.0) < found.brier.get("base_rate", 0.0):
        return []
    pairs = ", ".join(f"[{row.risk:.3f}, {row.loss_rate:.3f}]" for row in found.calibration.itertuples())
    return ["", "Measured chances of loss, for the engagement file (in place of the assumed ones):", f"calibration: [{pairs}]"]


def pay_text(run: PayRun) -> str:
    """Write what everybody is paid, and that lines, accounts, people and pool agree."""
    lines = [f"{run.period}, {run.window.first_day} to {run.window.until}, plans {run.version}", ""]
    for statement in run.statements:
        notes = ", ".join(f"{pay.plan.id}: {pay.note}" for pay in statement.plans if pay.note)
        lines.append(f"  {statement.name:<28} {statement.total:>16,.2f}{'  (' + notes + ')' if notes else ''}")
    lines += [f"  {'pool':<28} {run.pool:>16,.2f}", ""]
    for check in run.checks:
        sums = ", ".join(f"{key} {float(check[key]):,.2f}" for key in ("lines", "accounts", "people"))
        lines.append(f"  {check['base']}: {check['lines_count']:,} lines; {sums}; difference {float(check['difference']):.2f}")
    return "\n".join(lines)


def refused(error: ValueError) -> int:
    """Print what is wrong, grouped, and return the exit code; a bug goes on as it is."""
    from kamlib.checks import EXIT_ENVIRONMENT, EXIT_INVALID, InvalidInput, KamError

    if isinstance(error, InvalidInput):
        list_problems(error.problems)
        click.echo("Stopped; nothing was written.", err=True)
        return EXIT_INVALID
    if not isinstance(error, KamError):
        raise error
    click.echo(f"{error.code}  {error}", err=True)
    return EXIT_ENVIRONMENT if error.code.startswith("KAM-S") else EXIT_INVALID


def list_problems(problems: Iterable[KamError]) -> None:
    """Print problems by file and kind: of each kind the first few, those with one remedy together; twenty a file, then the numbers."""
    by_file: dict[str, dict[tuple, list[KamError]]] = {}
    for problem in problems:
        by_file.setdefault(problem.file or "", {}).setdefault((problem.code, problem.column), []).append(problem)
    for file, kinds in by_file.items():
        total = sum(map(len, kinds.values()))
        click.echo(f"\n{file or 'All files'}: {_counted(total)}", err=True)
        each = max(SHOWN_PER_KIND, SHOWN_PER_FILE // len(kinds))
        grouped = [group for found in kinds.values() for group in _alike(found)[:each]][:SHOWN_PER_FILE]
        for group in grouped:
            click.echo(f"  {group[0].code}  {group[0]}{_more(group)}", err=True)
        if total > sum(map(len, grouped)):
            click.echo(f"  in all: {'; '.join(_kind_words(*kind, len(found)) for kind, found in kinds.items())}", err=True)


def _alike(found: list[KamError]) -> list[list[KamError]]:
    """Group the problems that one setting of the engagement file mends."""
    groups: dict[tuple, list[KamError]] = {}
    for number, problem in enumerate(found):
        remedy = problem.fix if problem.code in DECLARED and "tables." in problem.fix else number
        groups.setdefault((problem.sheet, problem.severity, remedy), []).append(problem)
    return list(groups.values())


def _more(group: list[KamError]) -> str:
    """Return how many problems are like the first of a group, with other values where there are some."""
    from kamlib.checks import shown

    values = {problem.value: problem.line for problem in reversed(group[1:]) if problem.value not in (None, group[0].value)}
    others = [f'"{shown(value)}"{f" (line {line})" if line != group[0].line else ""}' for value, line in reversed(values.items())]
    such = f", such as {', '.join(others[:SHOWN_VALUES])}" if others else ""
    return f"\n           … and {len(group) - 1:,} more like it{such}" if len(group) > 1 else ""


def _kind_words(code: str, column: str | None, count: int) -> str:
    return f"{code}{f' in {column}' if column else ''}: {count:,}"


def _counted(total: int) -> str:
    return f"{total:,} problem{'s' * (total > 1)}"


def say_set_aside(tables: Tables) -> None:
    """Print the accounts that cannot be worked with, each with its first reason."""
    for account_id, problems in tables.quarantined.items():
        click.echo(f"Set aside: {account_id}: {problems[0]}", err=True)


def say_doubts(doubts: list[KamError]) -> None:
    """Print which numbers are n/a and why; an account that is merely new is counted, not listed."""
    warnings = [doubt for doubt in doubts if doubt.severity == "warning"]
    for doubt in warnings[:SHOWN_PER_FILE]:
        click.echo(f"{doubt.code}  {doubt}", err=True)
    if len(warnings) > SHOWN_PER_FILE:
        click.echo(f"… and {len(warnings) - SHOWN_PER_FILE} more accounts with numbers that are n/a", err=True)
    if len(doubts) > len(warnings):
        click.echo(f"KAM-C03  {len(doubts) - len(warnings)} accounts without revenue in the year before: their growth reads new.", err=True)


def totals_table(totals: dict) -> str:
    """Return the totals of `kamlib.cli.totals.reconciled` as lines."""
    lines = [f"{totals['engagement']}, as of {totals['as_of']}: {totals['active_accounts']:,} active accounts in the last 12 months", ""]
    for name, table in totals["tables"].items():
        counts = ", ".join(f"{table[f'rows_{kind}']:,} {kind}" for kind in ("used", "filtered", "duplicate", "refused"))
        lines.append(f"{name}: {table['rows_read']:,} rows read = {counts}")
        facts = [f"{table[kind]:,} {kind}" for kind in ("accounts", "orders") if table[kind]]
        facts += [f"{table['first_date']} to {table['last_date']}"] if table["first_date"] else []
        lines += [f"  {', '.join(facts)}"] if facts else []
        lines += [f"  sum of {column}: {Decimal(total).normalize():,f}" for column, total in table["sums"].items()]
        lines += [f"  refused, {reason}: {count:,}" for reason, count in table["refused"].items()]
    return "\n".join(lines)


def receipt_text(receipt: Receipt, unit: str) -> str:
    """Return a receipt as lines."""
    value = receipt.text if receipt.value is None else f"{receipt.value:,.10g} {unit}"
    lines = [f"value      {value or 'not measured'}{f' ({receipt.note})' if receipt.note else ''}", f"formula    {receipt.formula}"]
    lines += [f"  {name} = {'not measured' if part is None else f'{part:,.10g}'}" for name, part in receipt.parts.items()]
    lines += [f"rows       {table}: {count:,}" for table, count in receipt.rows.items()]
    lines += [
        f"policy     {path} = {leaf['value']} {leaf['unit']} ({leaf['kind']}, {leaf['source']})" for path, leaf in receipt.policy.items()
    ]
    if receipt.coverage is not None:
        lines.append(f"coverage   {receipt.coverage:.0%}")
    return "\n".join([*lines, f"source     {receipt.source}"])


def progress() -> Callable[[RunSummary, int], None]:
    """Return what shows how far a run is: a bar on a terminal, else a line a minute."""
    if sys.stderr.isatty():
        return _bar()
    last = time.monotonic()

    def report(summary: RunSummary, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= 60:
            last = time.monotonic()
            click.echo(f"{len(summary.records) + len(summary.unchanged)} of {total}, {len(summary.failed)} failed", err=True)

    return report


def _bar() -> Callable[[RunSummary, int], None]:
    from tqdm import tqdm

    bar = tqdm(unit="account", dynamic_ncols=True, leave=False)

    def report(summary: RunSummary, total: int) -> None:
        bar.total = total
        bar.set_postfix(failed=len(summary.failed), refresh=False)
        bar.update(len(summary.records) + len(summary.unchanged) - bar.n)
        if bar.n == total:
            bar.close()

    return report


def shown_path(path: Path) -> str:
    """Return a path as seen from where the command was given, if it lies there."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def tell(summary: RunSummary) -> None:
    """Say what came of a run and end with its exit code."""
    for record in summary.failed[:SHOWN_PER_FILE]:
        click.echo(f"failed: {record.account_id}: {record.reason}", err=True)
    if len(summary.failed) > SHOWN_PER_FILE:
        click.echo(f"… and {len(summary.failed) - SHOWN_PER_FILE} more; the page lists them all.", err=True)
    for record in summary.suspect[:SHOWN_PER_FILE]:
        click.echo(f"suspect: {record.account_id}: {record.doubt}", err=True)
    say_doubts(summary.doubts)
    if summary.moved_from:
        click.echo(f"The workbooks that lay there were as of {summary.moved_from}; a new date renders all again.", err=True)
    if summary.interrupted:
        click.echo("Interrupted; the same command goes on where it stopped.", err=True)
    click.echo(f"{len(summary.done)} rendered, {len(summary.unchanged)} unchanged, {len(summary.failed)} failed")
    click.echo(shown_path(summary.index))
    sys.exit(summary.exit_code)
