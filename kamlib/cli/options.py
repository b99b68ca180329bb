"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
PARAMS = click.argument("params", type=click.Path(exists=True, dir_okay=False, path_type=Path))
NOTEBOOKS = "account_workbook, value_report, portfolio_review, manager_review or backtest."
EDITIONS = ("internal", "customer")
LANGUAGE = click.option(
    "--lang", "language", type=click.Choice(["en", "zh"]), default=None, help="Language; default: the engagement's own."
)
DAY = click.DateTime(formats=["%Y-%m-%d"])
JOBS = click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="Accounts at a time; default: one per core.")
