"""Start an engagement: a folder with the engagement file, its schema, a workbook to fill in, and a place for plans."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from kamlib.checks import InvalidInput, KamError
from kamlib.data.engagement import engagement_schema
from kamlib.data.new.workbook import write_workbook
from kamlib.data.plan import plan_schema
from kamlib.data.schema import TABLES

__all__ = ["new_engagement"]

NEEDED = ("accounts", "orders")


def new_engagement(folder: Path) -> list[Path]:
    """Write the files that an engagement starts from.

    Parameters
    ----------
    folder : Path
        A folder that does not exist yet or is empty.

    Returns
    -------
    list of Path
        The engagement file, named like the folder (and so are its reports), ``engagement.schema.json``, ``data.xlsx``,
        the folder ``plans``, ``plan-example.yaml`` and ``plan.schema.json``.

    Raises
    ------
    InvalidInput
        KAM-P05: something is there already; nothing is written.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        why = "is not empty" if folder.is_dir() else "is a file"
        raise InvalidInput([KamError("KAM-P05", why, "name a new folder; nothing was written", file=str(folder))])
    paths = [folder / name for name in _names(folder)]
    paths[3].mkdir(parents=True)
    paths[0].write_text(engagement_text(paths[0].name), encoding="utf-8")
    paths[1].write_text(engagement_schema(), encoding="utf-8")
    write_workbook(paths[2])
    paths[4].write_text(files(__package__).joinpath("plan-example.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    paths[5].write_text(plan_schema(), encoding="utf-8")
    return paths


def _names(folder: Path) -> tuple[str, ...]:
    return f"{folder.resolve().name}.yaml", "engagement.schema.json", "data.xlsx", "plans", "plan-example.yaml", "plan.schema.json"


def engagement_text(name: str) -> str:
    """Return the engagement file, which speaks of itself by its name, with a line for every sheet of the workbook."""
    text = files(__package__).joinpath("engagement.yaml").read_text(encoding="utf-8")
    return text.replace("engagement.yaml", name) + "".join(_table_line(name) for name in TABLES)


def _table_line(name: str) -> str:
    optional = "" if name in NEEDED else ", may_be_empty: true"
    return f"  {name}: {{file: data.xlsx, sheet: {name}{optional}}}\n"
