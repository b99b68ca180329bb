"""The command ``kam course``."""

from __future__ import annotations

from pathlib import Path

import click

EDITIONS = ("participant", "solutions", "facilitator")


@click.group()
def course() -> None:
    """The course: lessons that check themselves, told with a client's own numbers."""


@course.command()
@click.option("--edition", type=click.Choice(EDITIONS), default="participant", show_default=True, help="For whom.")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Output folder.")
@click.option("--lesson", "lessons", type=click.IntRange(1), multiple=True, metavar="N", help="Only this lesson; may be repeated.")
def build(edition: str, language: str, out: Path, lessons: tuple[int, ...]) -> None:
    """Write each lesson as a notebook that is ready to run and as a page to print.

    The participant's edition holds no solution; solutions adds the worked answers; facilitator also the misconceptions and the
    notes with timing.
    """
    from kamlib.course.build import build_lessons

    for path in build_lessons(out, edition=edition, language=language, lessons=lessons):
        click.echo(path)


@course.command()
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Output folder.")
def handbook(language: str, out: Path) -> None:
    """Write the method as a handbook to print: stages, plans, duties, checks, claims and the glossary in both languages."""
    from kamlib.course.build import build_handbook

    click.echo(build_handbook(out, language=language))
