"""The command ``kam new``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Start an engagement in a new folder: its file, its schema, an Excel workbook to fill in, a place for plans."""
    from kamlib.data.new import new_engagement

    file, schema, book, plans, example, _ = new_engagement(folder)
    click.echo(f"{book}: fill in the sheets accounts and orders, and any other; the sheet dictionary explains each column")
    click.echo(f"{file}: set name, as_of and currency; {schema.name} helps an editor to complete it")
    click.echo(f"{plans}: for the plans of the workshop; {example.name} shows how one is written")
    click.echo(f"then: kam check {file}, kam score {file}, kam render {file} (into reports/{file.stem})")
