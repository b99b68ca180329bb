"""The command ``kam backtest``."""

from __future__ import annotations

from pathlib import Path

import click

from kamlib.cli.options import DAY, PARAMS
from kamlib.cli.printed import backtest_text


@click.command()
@PARAMS
@click.option("--at", "days", multiple=True, type=DAY, metavar="DATE", help="Score on this day; may be repeated. Default: every month end.")
@click.option("--horizon", type=click.IntRange(1, 36), default=None, help="Months observed afterwards. Default: 12, or 6.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write every score with its outcome as .csv or .parquet.")
def backtest(params: Path, days: tuple, horizon: int | None, out: Path | None) -> None:
    """Ask whether the early warning would have told: score past dates, compare with what happened."""
    from kamlib.backtest import backtest as run_backtest
    from kamlib.data.engagement import load_engagement
    from kamlib.data.read import read
    from kamlib.render.score_file import write_scores

    engagement = load_engagement(params)
    found = run_backtest(read(engagement), engagement, dates=[day.date() for day in days], horizon=horizon or 0)
    click.echo(backtest_text(found))
    if out:
        write_scores(found.rows, out)
        click.echo(f"{out}: {len(found.rows):,} rows.")
