"""The command ``kam pay``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kamlib.cli.options import LANGUAGE, PARAMS, ROOT
from kamlib.cli.printed import pay_text, say_set_aside, shown_path


@click.command()
@PARAMS
@click.option("--period", required=True, metavar="PERIOD", help="2026Q2, 2026-06, 2026, or first and last day: 2026-03-01/2026-05-31.")
@LANGUAGE
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Output folder; default: reports/, the name of PARAMS, pay.")
def pay(params: Path, period: str, language: str | None, out: Path | None) -> None:
    """Write a pay statement per person, and the reconciliation of lines, accounts, people and pool."""
    from kamlib.checks import EXIT_DONE, EXIT_SOME_FAILED
    from kamlib.data.engagement import load_engagement
    from kamlib.data.read import read
    from kamlib.render.pay import write_statements
    from kamlib.scores.pay import book_of, pay_run

    engagement = load_engagement(params)
    tables, book = read(engagement), book_of(engagement)
    found = pay_run(tables, engagement, period=period, book=book)
    folder = out or ROOT / "reports" / params.stem / "pay" / period.replace("/", "_")
    files = write_statements(found, tables, engagement, folder, language=language or engagement.language, rule=book.rounding)
    click.echo(pay_text(found))
    click.echo(f"{shown_path(files[0])}: {len(found.statements)} statements, each as a page and as an Excel workbook.")
    say_set_aside(tables)
    sys.exit(EXIT_SOME_FAILED if tables.quarantined else EXIT_DONE)
