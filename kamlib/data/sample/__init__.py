"""The sample client: a synthetic industrial supplier with every table, sixty accounts, three years and planted stories.

`write_sample("params/sample")` writes the committed files anew; the plans beside them are written by hand.
"""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

from kamlib.data.sample import judgement, people, trade
from kamlib.data.sample.profiles import SEED
from kamlib.data.sample.stories import DEMO_ACCOUNTS, QUIET_ACCOUNTS, STORIES, Story

__all__ = ["DEMO_ACCOUNTS", "QUIET_ACCOUNTS", "STORIES", "Story", "sample_tables", "write_sample"]

# In the order in which they need each other.
BUILDERS = (
    people.managers,
    people.accounts,
    trade.rates,
    trade.orders,
    trade.approvals,
    trade.invoices,
    trade.payments,
    trade.usage,
    trade.forecasts,
    trade.market,
    people.contacts,
    people.interactions,
    people.surveys,
    people.tickets,
    judgement.events,
    judgement.targets,
    judgement.assessments,
    judgement.outcomes,
    judgement.purchases_from,
    judgement.promises,
    judgement.credits,
    judgement.wallets,
)


def sample_tables() -> dict[str, list[dict]]:
    """Every table of the sample client, drawn anew from the one seed.

    Returns
    -------
    dict of str to list of dict
        Table name to rows, columns under their canonical names; the same on every call.

    Examples
    --------
    >>> tables = sample_tables()
    >>> len(tables["accounts"]), tables["orders"][0]["order_id"]
    (60, 'SO10001')
    """
    tables: dict[str, list[dict]] = {}
    for build in BUILDERS:
        # A stream of its own per table: a change in one leaves the draws of the others as they are.
        tables[build.__name__] = build(tables, Random(f"{SEED} {build.__name__}"))
    return tables


def write_sample(folder: str | Path) -> list[Path]:
    """Write the tables of the sample client as CSV files (UTF-8, comma, ISO dates).

    Parameters
    ----------
    folder : str or Path
        Made if absent; files of the same name are replaced.

    Returns
    -------
    list of Path
        One file per table.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     [file.name for file in write_sample(folder)][:2]
    ['managers.csv', 'accounts.csv']
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, rows in sample_tables().items():
        files.append(folder / f"{name}.csv")
        with files[-1].open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return files
