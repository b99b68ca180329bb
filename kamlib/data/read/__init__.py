"""Files in, tables out: every row read is accounted for, every problem is told with its place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from kamlib.checks import InvalidInput, KamError
from kamlib.data.engagement import Engagement
from kamlib.data.plans import read_plans, with_ratings
from kamlib.data.read import frames, rates, relations
from kamlib.data.read.problems import by_account, cell_problems
from kamlib.data.read.stage import Staged, Workplace, stage
from kamlib.data.schema import TABLES
from kamlib.data.tables import Quality, TableQuality, Tables

__all__ = ["Quality", "TableQuality", "Tables", "read"]

LARGE_TABLES = ("orders",)  # their texts become categories


def read(engagement: Engagement) -> Tables:
    """Read the tables of an engagement.

    Parameters
    ----------
    engagement : Engagement
        As `load_engagement` returns it.

    Returns
    -------
    Tables
        Rows after the as-of date among them; `known_at` leaves them out.

    Raises
    ------
    InvalidInput
        Every problem that stops the run: files (KAM-F…), keys (KAM-K…), and cells (KAM-V…) in rows whose account
        cannot be told.

    Notes
    -----
    A cell that does not fit its declared type sets its account aside; the other accounts go on. ``rows_read`` of a
    table is always ``rows_used + rows_filtered + rows_duplicate`` and the refused.
    """
    with tempfile.TemporaryDirectory(prefix="kamlib-") as scratch, _database(scratch) as con:
        work = Workplace(con, engagement.folder, Path(scratch), engagement.policy.limits.order_lines)
        staged, problems = _stage_all(work, engagement)
        rates.convert_money(con, staged, engagement.currency)
        for table in staged.values():
            table.bad = con.execute(f"SELECT coalesce(bit_or(bad), 0) FROM {table.name}").fetchone()[0]
        owners = {name: relations.owner_sql(staged, table) for name, table in staged.items()}
        problems += _row_problems(con, staged, owners, engagement.currency)
        plans, found = read_plans(engagement.plans, _account_ids(con, staged))
        problems += found
        stopping = [problem for problem in problems if problem.severity == "file"]
        if stopping:
            raise InvalidInput(stopping)
        return with_ratings(_tables(con, staged, owners, problems, engagement), plans)


def _account_ids(con: duckdb.DuckDBPyConnection, staged: dict[str, Staged]) -> list[str]:
    if "accounts" not in staged:
        return []
    return [
        account for (account,) in con.execute(f"SELECT account_id FROM {staged['accounts'].name} WHERE account_id IS NOT NULL").fetchall()
    ]


def _database(scratch: str) -> duckdb.DuckDBPyConnection:
    config = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "temp_directory": scratch}
    return duckdb.connect(config=config)


def _stage_all(work: Workplace, engagement: Engagement) -> tuple[dict[str, Staged], list[KamError]]:
    staged, problems = {}, []
    for name in TABLES:
        source = engagement.tables.get(name)
        if source is None or source.distinct == "orders":
            continue
        table, found = stage(work, TABLES[name], source)
        problems += found
        if not found and table.files:
            staged[name] = table
    if "orders" in staged and engagement.tables["accounts"].distinct == "orders":
        staged = {"accounts": _accounts_that_ordered(work.con, staged["orders"]), **staged}
    return staged, list({str(problem): problem for problem in problems}.values())


def _accounts_that_ordered(con: duckdb.DuckDBPyConnection, orders: Staged) -> Staged:
    names = ("account_id", "name")
    found = Staged(TABLES["accounts"], "stage_accounts", mapped=set(names), stored=names)
    con.execute(
        f"CREATE TEMP TABLE {found.name} AS SELECT account_id, account_id AS name, 0 AS file, 0 AS record, CAST(0 AS BIGINT) AS bad "
        f"FROM (SELECT DISTINCT account_id FROM {orders.name} WHERE account_id IS NOT NULL) ORDER BY account_id"
    )
    return found


def _row_problems(con: duckdb.DuckDBPyConnection, staged: dict[str, Staged], owners: dict[str, str], currency: str) -> list[KamError]:
    problems: list[KamError] = []
    for name, table in staged.items():
        problems += cell_problems(con, table, owners[name])
        problems += rates.rate_problems(con, table, owners[name], currency)
        problems += relations.key_problems(con, table)
        problems += [*_emptied(table), *table.warnings]
    if "accounts" in staged:
        problems += relations.unknown_accounts(con, staged)
        problems += relations.parent_problems(con, staged["accounts"])
    return [*problems, *relations.manager_warnings(con, staged)]


def _emptied(table: Staged) -> Iterator[KamError]:
    read = sum(file.read for file in table.files)
    if table.files and not sum(file.kept for file in table.files):
        place = table.files[0].place
        why = f"where leaves none of the {read} rows of {table.table.name}" if read else "0 data rows"
        yield place.problem("KAM-F02", why, f"correct tables.{table.table.name}.where" if read else "export it again with its rows")


def _tables(
    con: duckdb.DuckDBPyConnection, staged: dict[str, Staged], owners: dict[str, str], problems: list[KamError], engagement: Engagement
) -> Tables:
    quarantined = by_account(problems)
    quarantined |= {account: [_unlisted()] for account in _bad_accounts(con, staged, owners) - quarantined.keys()}
    frames.set_aside(con, quarantined)
    found, accounts = {}, {}
    for name, table in staged.items():
        used = frames.used_sql(owners[name]) if quarantined else "true"
        found[name] = frames.frame(con, table, used, categories=name in LARGE_TABLES)
        accounts[name] = frames.quality(con, table, owners[name], used, engagement.as_of)
    mapped = {name: frozenset(table.mapped) for name, table in staged.items()}
    return Tables(found, mapped, Quality(accounts, problems), quarantined, engagement.as_of)


def _bad_accounts(con: duckdb.DuckDBPyConnection, staged: dict[str, Staged], owners: dict[str, str]) -> set[str]:
    found: set[str] = set()
    for name, table in staged.items():
        if table.bad:
            rows = con.execute(f"SELECT DISTINCT {owners[name]} FROM {table.name} s WHERE bad <> 0").fetchall()
            found |= {account for (account,) in rows if account is not None}
    return found


def _unlisted() -> KamError:
    return KamError(
        "KAM-V00",
        "has cells that cannot be read, beyond the 1,000 problems listed per file",
        "mend those and read again",
        severity="account",
    )
