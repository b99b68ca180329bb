"""The command ``kam``."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from kamlib.cli.backtest import backtest
from kamlib.cli.client import client
from kamlib.cli.course import course
from kamlib.cli.doctor import doctor
from kamlib.cli.lab import lab, workshop
from kamlib.cli.new import new
from kamlib.cli.options import EDITIONS, JOBS, LANGUAGE, NOTEBOOKS, PARAMS, ROOT
from kamlib.cli.pay import pay
from kamlib.cli.plans import plans
from kamlib.cli.printed import (
    list_problems,
    progress,
    receipt_text,
    refused,
    say_doubts,
    say_set_aside,
    tell,
    totals_table,
)
from kamlib.cli.review import review

ENGINES = ("fork", "kernel")
MACHINE_TROUBLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE}


class Commands(click.Group):
    """The commands, with one way to end for every refusal."""

    def invoke(self, ctx: click.Context) -> None:
        """Run the command; say what is wrong with the input instead of showing where the program noticed."""
        try:
            super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            ctx.exit(4)
        except OSError as error:
            if error.errno not in MACHINE_TROUBLE:
                raise
            click.echo(f"{error.filename or 'The disk'}: {error.strerror}.", err=True)
            ctx.exit(5)
        except ValueError as error:
            ctx.exit(refused(error))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kamlib")
def cli() -> None:
    """Key account management: exports in, one checked strategy workbook per account out.

    PARAMS is the engagement file. Exit codes: 0 done, 2 the input is invalid and nothing was rendered, 3 some accounts
    failed, 4 interrupted and can be taken up again, 5 trouble with the machine, 1 a bug.
    """


@cli.command()
@click.option("--all", "everyone", is_flag=True, help="All accounts of the sample, not only the six stories.")
@LANGUAGE
@JOBS
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "reports" / "demo", help="Output folder; default: reports/demo.")
def demo(everyone: bool, language: str | None, jobs: int, out: Path) -> None:
    """Render the sample engagement: six accounts with a story each."""
    from kamlib.data.sample import DEMO_ACCOUNTS
    from kamlib.render import render as render_all

    accounts = () if everyone else DEMO_ACCOUNTS
    params = ROOT / "params" / "sample.yaml"
    tell(render_all(params, accounts=accounts, language=language or "", jobs=jobs, out=out, report=progress()))


@cli.command()
@PARAMS
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def check(params: Path, as_json: bool) -> None:
    """Read and validate everything; totals per table, to reconcile with the source."""
    from kamlib.checks import EXIT_DONE, EXIT_INVALID, EXIT_SOME_FAILED, InvalidInput
    from kamlib.cli.totals import reconciled
    from kamlib.data.engagement import load_engagement
    from kamlib.data.read import read

    try:
        engagement = load_engagement(params)
        tables = read(engagement)
    except (InvalidInput, ValueError) as error:
        if not as_json or not hasattr(error, "problems"):
            raise
        click.echo(json.dumps({"problems": [problem.as_dict() for problem in error.problems]}, ensure_ascii=False, indent=1))
        sys.exit(EXIT_INVALID)
    totals = reconciled(engagement, tables)
    if as_json:
        click.echo(json.dumps(totals, ensure_ascii=False, indent=1))
    else:
        click.echo(totals_table(totals))
        list_problems(tables.quality.problems)
    sys.exit(EXIT_SOME_FAILED if tables.quarantined else EXIT_DONE)


@cli.command()
@PARAMS
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file that ends in .csv or .parquet.")
@click.option("--override", "overrides", multiple=True, metavar="PATH=VALUE", help="A policy value for this run, such as abc.a_share=0.75.")
def score(params: Path, out: Path | None, overrides: tuple[str, ...]) -> None:
    """Compute every number, without workbooks."""
    from kamlib.checks import EXIT_DONE, EXIT_SOME_FAILED
    from kamlib.data.engagement import load_engagement
    from kamlib.data.read import read
    from kamlib.render.score_file import write_scores
    from kamlib.scores import score as score_tables
    from kamlib.scores.doubts import doubts

    engagement = load_engagement(params).overridden(_changes(overrides))
    tables = read(engagement)
    scores = score_tables(tables, engagement)
    frame = scores.frame()
    if out:
        write_scores(frame, out)
        click.echo(f"{out}: {len(frame):,} rows, as of {engagement.as_of}.")
    else:
        portfolio = frame[(frame["level"] == "portfolio") & (frame["value"].notna() | frame["text"].notna())]
        click.echo(portfolio[["metric", "value", "text", "unit"]].to_string(index=False, na_rep="", float_format="{:,.4f}".format))
    say_set_aside(tables)
    say_doubts(doubts(scores, fewest_compared=engagement.policy.percentile.minimum_values))
    sys.exit(EXIT_SOME_FAILED if tables.quarantined else EXIT_DONE)


@cli.command()
@PARAMS
@click.option("--accounts", default="", help="Ids, separated by commas; default: every account.")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only accounts with this value, such as segment=core.")
@click.option("--notebook", default="account_workbook", show_default=True, help=NOTEBOOKS)
@click.option("--to", "formats", default="html,ipynb", show_default=True, help="Formats: html, ipynb, xlsx, ics (the dated plan).")
@click.option("--edition", type=click.Choice(EDITIONS), default=None, help="For whom; default: whom the notebook is made for.")
@LANGUAGE
@JOBS
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Output folder; default: reports/ and the name of PARAMS.")
@click.option("--fresh", is_flag=True, help="Render again what has not changed.")
@click.option("--engine", type=click.Choice(ENGINES), default=None, help="Default: fork on Linux, kernel elsewhere; both give the same.")
def render(
    params: Path,
    accounts: str,
    where: tuple[str, ...],
    notebook: str,
    formats: str,
    edition: str | None,
    language: str | None,
    jobs: int,
    out: Path | None,
    fresh: bool,
    engine: str | None,
) -> None:
    """Render one workbook per account, and the page that lists them."""
    from kamlib.render import render as render_all

    summary = render_all(
        params,
        accounts=[name.strip() for name in accounts.split(",") if name.strip()],
        where=_conditions(where),
        notebook=notebook,
        formats=_formats(formats),
        language=language or "",
        edition=edition or "",
        jobs=jobs,
        out=out or "",
        fresh=fresh,
        engine=engine or "",
        report=progress(),
    )
    tell(summary)


@cli.command()
@PARAMS
@click.argument("account")
@click.argument("metric")
@LANGUAGE
def explain(params: Path, account: str, metric: str, language: str | None) -> None:
    """Show how a number of an account came about: its receipt."""
    from kamlib.checks import KamError
    from kamlib.packs import open_pack
    from kamlib.playbook import playbook

    registry = playbook("metrics")
    if metric not in registry:
        raise KamError("KAM-R05", "is not a metric", f"use one of {_near(metric, registry)}", value=metric)
    pack = open_pack(str(params.resolve()), account_id=account)
    words = registry[metric][language or pack.language]
    click.echo(f"{pack.name} ({pack.account_id}), {pack.as_of}\n{words['name']}: {words['meaning']}")
    click.echo(receipt_text(pack.receipt(metric), registry[metric]["unit"]))


for command in (backtest, client, course, doctor, lab, new, pay, plans, review, workshop):
    cli.add_command(command)


def main() -> None:
    """Run the command; names of accounts may be in any script, whatever the terminal's own encoding."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")
    cli(prog_name="kam")


def _conditions(where: Iterable[str]) -> dict[str, str]:
    return _pairs(where, "COLUMN=VALUE, such as segment=core", "--where")


def _changes(overrides: Iterable[str]) -> dict[str, object]:
    """Return policy paths and values, typed as YAML types them."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe")
    return {path: yaml.load(value) for path, value in _pairs(overrides, "PATH=VALUE, such as abc.a_share=0.75", "--override").items()}


def _pairs(words: Iterable[str], form: str, option: str) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise click.BadParameter(f"{name!r} is not {form}", param_hint=option)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _formats(formats: str) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(name.strip() for name in formats.split(",") if name.strip()))
    unknown = [name for name in wanted if name not in ("html", "ipynb", "xlsx", "ics")]
    if unknown or not wanted:
        raise click.BadParameter(
            f"{', '.join(unknown) or 'nothing'} cannot be rendered; there are html, ipynb, xlsx and ics", param_hint="--to"
        )
    return wanted


def _near(word: str, words: Iterable[str]) -> str:
    from difflib import get_close_matches

    return ", ".join(get_close_matches(word, list(words), n=4, cutoff=0.4) or sorted(words)[:4])
