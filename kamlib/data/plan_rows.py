"""Actions and proposed moves of a plan as rows of a sheet, and what somebody changed in them, brought back into the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from kamlib.checks import KamError
from kamlib.data.plan import Plan

COLUMNS = ("id", "text", "owner", "due", "done_on", "objective", "decision", "cause")
SNAPSHOT = "kamlib plan rows 1"
ACTION_FIELDS = ("text", "owner", "due", "done_on", "objective")
STATES = ("accepted", "edited", "dismissed")
Row = dict[str, Any]


@dataclass
class Import:
    """What came of bringing a sheet back.

    Parameters
    ----------
    plan : Plan
        With what could be applied.
    changed : list of (id, field, value)
    conflicts : list of (id, field, in the sheet, in the plan)
        The plan was changed in the same place since; nothing of these was applied.
    """

    plan: Plan
    changed: list[tuple[str, str, Any]] = field(default_factory=list)
    conflicts: list[tuple[str, str, Any, Any]] = field(default_factory=list)


def action_rows(pack: Mapping, moves: Iterable[tuple]) -> list[Row]:
    """Return the rows of the sheet of actions: first the plan's, then the proposed moves.

    Parameters
    ----------
    pack : mapping
        The account pack; its ``plan`` may be None.
    moves : iterable of tuple
        ``id action owner due state cause`` of each move of the first page.

    Returns
    -------
    list of dict
        By `COLUMNS`; dates are dates, blanks None.
    """
    actions = (pack.get("plan") or {}).get("actions", [])
    rows = [{name: _typed(name, action.get(name)) for name in COLUMNS} for action in actions]
    for move, action, owner, due, state, cause in moves:
        row = dict.fromkeys(COLUMNS) | {"id": move, "text": action, "owner": owner, "due": due, "decision": state, "cause": cause}
        rows.append(row)
    return rows


def read_rows(path: Path) -> tuple[str, date, list[Row], list[Row]]:
    """Read a workbook's rows of actions, and those that it was written with.

    Parameters
    ----------
    path : Path
        An Excel workbook that `kam render --to xlsx` wrote.

    Returns
    -------
    tuple of str, date, list and list
        Account, the day that the workbook stands for, rows as they are now, rows as they were written.

    Raises
    ------
    KamError
        ``KAM-X06``: it is no such workbook, or a cell holds no date where one belongs.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except (CalamineError, OSError) as error:
        raise KamError("KAM-X06", f"cannot be read as an Excel workbook ({error})", "save it as .xlsx", file=path.name) from error
    kept = next((name for name, rows in sheets.items() if rows and rows[0] and rows[0][0] == SNAPSHOT), None)
    if kept is None:
        raise KamError("KAM-X06", "is no workbook of `kam render --to xlsx`", "import the file that was rendered", file=path.name)
    order = list(sheets)
    shown = next(
        name for name in order if sheets[name] and len(sheets[name][0]) >= len(COLUMNS) and name != kept and _is_actions(sheets[name])
    )
    now = [_row(cells, path, number) for number, cells in enumerate(sheets[shown][1:], start=2)]
    before = [_row(cells, path, number) for number, cells in enumerate(sheets[kept][1:], start=2)]
    day = date.fromisoformat(sheets[kept][0][3])
    return str(sheets[kept][0][1]), day, [row for row in now if any(value is not None for value in row.values())], before


def apply_rows(plan: Plan, now: list[Row], before: list[Row], *, by: str | None, at: date) -> Import:
    """Bring changed cells into a plan; what nobody touched in the sheet is left as the plan has it.

    Parameters
    ----------
    plan : Plan
        As it is today.
    now, before : list of dict
        `read_rows`.
    by : str or None
        Who decided.
    at : date
        The day that the workbook stands for: what was decided of it counts from that day on.

    Returns
    -------
    Import

    Notes
    -----
    A cell counts as changed against what the sheet was written with. Where the plan has changed in the same place since, and to
    something else, both are kept: the plan as it is, the sheet's value among the conflicts. A row without an id is a new action.
    """
    data, written = plan.model_dump(by_alias=True), {row["id"]: row for row in before}
    found, actions = Import(plan), {action["id"]: action for action in data["actions"]}
    blank = dict.fromkeys(COLUMNS)
    for row in now:
        name = row["id"]
        if name in actions:
            _edit(found, actions[name], row, written.get(name, blank))
        elif row["cause"] is not None:
            _decide(found, data["moves"], row, written.get(name, blank), {"by": by, "at": at})
        elif name in written:
            found.conflicts += [(name, key, row[key], None) for key in ACTION_FIELDS if row[key] != written[name][key]]
        else:
            _add(found, data["actions"], row)
    found.plan = Plan.model_validate(data)
    return found


def _edit(found: Import, action: Row, row: Row, written: Row) -> None:
    for key in ACTION_FIELDS:
        ours, theirs, base = action[key], row[key], written[key]
        if theirs in (base, ours):
            continue
        if ours != base:
            found.conflicts.append((action["id"], key, theirs, ours))
        else:
            action[key] = theirs
            found.changed.append((action["id"], key, theirs))


def _decide(found: Import, moves: dict[str, Row], row: Row, written: Row, stamp: Row) -> None:
    edited = {key: row[key] for key in ("text", "owner", "due") if row[key] != written[key] and row[key] is not None}
    if row["decision"] == written["decision"] and not edited:
        return
    state = row["decision"] if row["decision"] in STATES else "edited" if edited else None
    name, there = row["id"], moves.get(row["id"])
    state = "edited" if edited and state == "accepted" else state
    wanted = edited | {"state": state, "cause": row["cause"]}
    if state is None or (there is not None and wanted.items() <= there.items()):
        return
    if there is not None and written["decision"] != there["state"]:
        found.conflicts.append((name, "decision", state, there["state"]))
        return
    moves[name] = wanted | stamp
    found.changed.append((name, "decision", state))


def _add(found: Import, actions: list[Row], row: Row) -> None:
    """Append a new action unless the same one stands there already; its number is one that the plan has not had."""
    given = {key: row[key] for key in ACTION_FIELDS if row[key] is not None}
    if row["text"] is None or any(given.items() <= action.items() for action in actions):
        return
    numbers = [int(action["id"][1:]) for action in actions if action["id"][:1] == "A" and action["id"][1:].isdigit()]
    actions.append(given | {"id": row["id"] or f"A{1 + max(numbers, default=0)}"})
    found.changed.append((actions[-1]["id"], "text", row["text"]))


def _is_actions(rows: list[list]) -> bool:
    head = rows[0][: len(COLUMNS)]
    return len(head) == len(COLUMNS) and all(isinstance(cell, str) and cell for cell in head) and not any(rows[0][len(COLUMNS) :])


def _row(cells: list, path: Path, number: int) -> Row:
    padded = [*cells, *[""] * len(COLUMNS)]
    return {name: _cell(name, padded[place], path, number) for place, name in enumerate(COLUMNS)}


def _cell(name: str, cell: Any, path: Path, number: int) -> Any:
    if cell == "" or cell is None:
        return None
    if name in ("due", "done_on"):
        if isinstance(cell, datetime | date):
            return cell.date() if isinstance(cell, datetime) else cell
        try:
            return date.fromisoformat(str(cell).strip())
        except ValueError:
            raise KamError(
                "KAM-X06", "is no date", "write it as 2026-07-31", file=path.name, line=number, column=name, value=str(cell)
            ) from None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip() or None


def _typed(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name in ("due", "done_on") and isinstance(value, str) else value
