"""The command ``kam doctor``."""

from __future__ import annotations

import sys

import click


@click.command()
def doctor() -> None:
    """Say what is wrong with this installation; exit code 5 where something is."""
    from kamlib.checks import EXIT_DONE, EXIT_ENVIRONMENT
    from kamlib.cli.installation import examined

    findings = list(examined())
    for found in findings:
        click.echo(f"{found.mark:<8} {found.what}: {found.told}")
        if found.fix:
            click.echo(f"{'':<8} {found.fix}")
    wrong = sum(found.mark == "WRONG" for found in findings)
    click.echo(f"{wrong} of {len(findings)} checks found something wrong." if wrong else f"All {len(findings)} checks are in order.")
    sys.exit(EXIT_ENVIRONMENT if wrong else EXIT_DONE)
