"""The command ``kam plans``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kamlib.cli.options import PARAMS


@click.group()
def plans() -> None:
    """Plans of the accounts: bring back what was edited in a workbook."""


@plans.command("import")
@PARAMS
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", default=None, metavar="WHO", help="Who decided; written beside each decided move.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def bring_back(params: Path, files: tuple[Path, ...], by: str | None, dry_run: bool) -> None:
    """Bring edited actions and decided moves of Excel workbooks back into the plans.

    Only changed cells count. Where a plan was changed in the same place since, it stays as it is and the conflict is listed.
    """
    from kamlib.checks import EXIT_DONE, EXIT_SOME_FAILED, InvalidInput, KamError
    from kamlib.data.engagement import load_engagement
    from kamlib.data.names import file_stem
    from kamlib.data.plan import Plan
    from kamlib.data.plan_rows import apply_rows, read_rows
    from kamlib.data.plans import read_plan, save_plan

    engagement, trouble = load_engagement(params), 0
    for file in files:
        try:
            account, day, now, before = read_rows(file)
            path = engagement.plans / f"{file_stem(account)}.yaml"
            plan = read_plan(path) if path.exists() else Plan.model_validate({"schema": 1, "account_id": account})
            found = apply_rows(plan, now, before, by=by, at=day)
            if found.changed and not dry_run:
                save_plan(engagement.plans, found.plan)
        except (KamError, InvalidInput, ValueError) as error:
            click.echo(str(error), err=True)
            trouble += 1
            continue
        said = "would change" if dry_run else "changed"
        click.echo(f"{file.name}: account {account}, {len(found.changed)} cells {said}, {len(found.conflicts)} conflicts")
        for name, key, value in found.changed:
            click.echo(f"  {name}  {key}: {value}")
        for name, key, theirs, ours in found.conflicts:
            click.echo(f"  CONFLICT {name}  {key}: the workbook says {theirs}, the plan says {ours}; the plan was left as it is")
            trouble += 1
    sys.exit(EXIT_SOME_FAILED if trouble else EXIT_DONE)
