"""The command ``kam review``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kamlib.cli.options import DAY, LANGUAGE, PARAMS, ROOT


@click.command()
@PARAMS
@click.option("--since", type=DAY, default=None, help="Day of the last review. Default: three months before the engagement's own day.")
@click.option("--stored", is_flag=True, help="Compare with what the run of that day had said, not with numbers made anew.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder of the stored runs; default: reports/ and the name of PARAMS."
)
@LANGUAGE
def review(params: Path, since: datetime | None, stored: bool, out: Path | None, language: str | None) -> None:
    """Say what moved since the last review, in parts that add up, and which moves this week decides."""
    from kamlib.checks import KamError
    from kamlib.data.engagement import load_engagement
    from kamlib.data.read import read
    from kamlib.packs.portfolio_moved import COMPARED, moved_since
    from kamlib.render.score_file import stored_scores
    from kamlib.scores import score
    from kamlib.show.portfolio.week import printed

    engagement = load_engagement(params)
    day = since.date() if since else None
    if day and day >= engagement.as_of:
        raise KamError("KAM-C05", f"is not before {engagement.as_of}, the engagement's day", "name an earlier day", value=str(day))
    tables = read(engagement)
    before = None
    if stored:
        folder = out or ROOT / "reports" / params.stem
        before = stored_scores(folder, day, COMPARED) if day else None
        if before is None:
            kept = ", ".join(sorted(path.stem.removeprefix("scores-") for path in (folder / "history").glob("scores-*.parquet"))) or "none"
            raise KamError("KAM-C05", f"has no stored run in {folder}; kept are: {kept}", "name one of these with --since", value=str(day))
    found = moved_since(engagement, tables, score(tables, engagement), since=day, stored=before)
    click.echo(printed(found, tables, engagement, language=language or engagement.language))
