"""Pay terms that a workshop tried, each kept as a pay book of its own beside the one in force (decision 0067)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from kamlib.checks import KamError, shown
from kamlib.data.disk import lock, write_whole
from kamlib.data.engagement import Engagement
from kamlib.data.overrides import fingerprint
from kamlib.incentives import PayBook, load_book
from kamlib.incentives.plan import Plan
from kamlib.periods import ONE_DAY, fiscal_quarter, period_window
from kamlib.workshop.journal import Entry, last_standing, read_entries, stamp, write_entry

FOLDER, KIND = "pay-tries", "pay"
TIMED = {"id", "valid_from", "valid_until"}  # what tells a successor from the plan that it follows


@dataclass(frozen=True)
class Try:
    """Terms that were tried and kept.

    Parameters
    ----------
    path : Path
    version : str
        Of the book; printed on every statement that is paid by it.
    terms : dict of str to Plan
        By id of the plan whose terms they take the place of.
    """

    path: Path
    version: str
    terms: dict[str, Plan]


def tries_folder(engagement: Engagement) -> Path:
    """Return the folder of the tries: beside the pay file, or beside the engagement file where it names none."""
    return (engagement.folder / engagement.pay).parent / FOLDER if engagement.pay else engagement.folder / FOLDER


def read_as(engagement: Engagement) -> str:
    """Return what tells one state of the pay file in force from another; blank where the plans that ship hold."""
    return fingerprint(engagement.folder / engagement.pay) if engagement.pay else ""


def begins_on(engagement: Engagement) -> date:
    """Return the day from which tried terms would hold: the first of the next fiscal quarter, so that nothing earned is touched."""
    year, quarter = fiscal_quarter(engagement.as_of, engagement.fiscal_year_start)
    return period_window(f"{year}Q{quarter}", engagement.fiscal_year_start).until + ONE_DAY


def read_tries(engagement: Engagement, book: PayBook) -> list[Try]:
    """Return the tries that change plans of the book in force, oldest first.

    Parameters
    ----------
    engagement : Engagement
    book : PayBook
        In force.

    Returns
    -------
    list of Try
    """
    known, found = {plan.id: plan for plan in book.plans}, []
    for path in sorted(tries_folder(engagement).glob("*.yaml"), key=lambda path: (len(path.stem), path.stem)):
        tried = load_book(path)
        followed = {plan.id: known.get(plan.id.rpartition("_")[0]) for plan in tried.plans if plan.id not in known}
        terms = {
            followed[plan.id].id: plan.model_copy(update={name: getattr(followed[plan.id], name) for name in TIMED})
            for plan in tried.plans
            if followed.get(plan.id)
        }
        found.append(Try(path, tried.version, terms))
    return found


def save_try(engagement: Engagement, book: PayBook, terms: Mapping[str, Plan], *, read: str, by: str, what: str) -> Path:
    """Keep tried terms as a pay book beside the one in force, under a number of its own.

    Parameters
    ----------
    engagement : Engagement
    book : PayBook
        In force.
    terms : mapping of str to Plan
        By id of the plan whose terms they take the place of.
    read : str
        `read_as` when the book was read.
    by, what : str
        Who tried, and what in words.

    Returns
    -------
    Path
        Of the new file.

    Raises
    ------
    KamError
        ``KAM-P06``: somebody has written the pay file since. ``KAM-P03``: a team is paid by the plan, and a team's plan has no date.

    Notes
    -----
    Each plan that is changed ends on the day before `begins_on`, and one with the tried terms follows it: a statement of a period
    before that day is the same by either book.
    """
    teams = [name for name, team in book.teams.items() if team.plan in terms]
    if teams:
        raise KamError("KAM-P03", "is paid by a plan that was changed, and a team's plan has no date", "give it a plan of its own",
                       file=engagement.pay.name if engagement.pay else None, column="teams", value=teams[0])  # fmt: skip
    folder = tries_folder(engagement)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "a+", encoding="utf-8") as handle:
        lock(handle, wait=True)
        if read_as(engagement) != read:
            raise KamError("KAM-P06", "was written by somebody else since it was read", "read it again and repeat the change",
                           file=engagement.pay.name)  # fmt: skip
        number = 1 + max((int(entry.subject) for entry in read_entries(folder)), default=0)
        path = folder / f"{number}.yaml"
        if path.exists():
            raise KamError("KAM-P08", "lies there already and no journal knows of it", "move it away", file=path.name)
        write_whole(path, _text(engagement, book, terms, number, by).encode("utf-8"), mode=0o644)
    write_entry(folder, Entry(stamp(), by, KIND, str(number), what, {}, {"sha256": fingerprint(path)}))
    return path


def undo_try(engagement: Engagement, by: str) -> Entry | None:
    """Take somebody's latest try away and return it; None where none is left.

    Parameters
    ----------
    engagement : Engagement
    by : str
        Who kept it.

    Returns
    -------
    Entry or None

    Raises
    ------
    KamError
        ``KAM-P06``: somebody has changed the file since; it is left.
    """
    folder = tries_folder(engagement)
    entry = last_standing([entry for entry in read_entries(folder) if entry.by == by])
    if entry is None:
        return None
    path = folder / f"{entry.subject}.yaml"
    if not path.exists() or fingerprint(path) != entry.after["sha256"]:
        raise KamError("KAM-P06", "was changed by somebody else after it was kept", "look at it and change it by hand", file=path.name)
    path.unlink()
    write_entry(folder, Entry(stamp(), entry.by, KIND, entry.subject, entry.what, entry.after, {}, undone=True))
    return entry


def _text(engagement: Engagement, book: PayBook, terms: Mapping[str, Plan], number: int, by: str) -> str:
    """Write the book with the successors in it; comments of the file in force stay."""
    yaml, first = YAML(typ="rt"), begins_on(engagement)
    yaml.width, yaml.allow_unicode, yaml.preserve_quotes = 4096, True, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    source = engagement.folder / engagement.pay if engagement.pay else files("kamlib.playbook").joinpath("pay.yaml")
    tree = yaml.load(source.read_text(encoding="utf-8"))
    tree["version"] = f"{book.version} / {first.isoformat()} / {number}"
    for name, plan in terms.items():
        place = next(place for place, node in enumerate(tree["plans"]) if node["id"] == name)
        follower = f"{name}_{first:%Y%m%d}"
        ends = plan.valid_until if plan.valid_until and plan.valid_until >= first else None
        tree["plans"].insert(place + 1, _node(plan.model_copy(update={"id": follower, "valid_from": first, "valid_until": ends})))
        tree["plans"][place]["valid_until"] = min(plan.valid_until or date.max, first - ONE_DAY)
        for names in (tree["default"], *tree.get("people", {}).values()):
            if name in names:
                names.insert(names.index(name) + 1, follower)
    out = StringIO()
    yaml.dump(tree, out)
    where = f"{engagement.pay.parent.as_posix()}/{FOLDER}" if engagement.pay else FOLDER
    head = [f"Terms tried in a workshop as of {engagement.as_of}" + (f" by {shown(by)}." if by else "."),
            f"Nobody is paid by this file until the engagement file names it: `pay: {where}/{number}.yaml`. Then statements up to",
            f"{first - ONE_DAY} stay as they are, and from {first} on the terms that were tried hold."]  # fmt: skip
    written = "".join(f"# {line}\n" for line in head) + out.getvalue().replace("$schema=", "$schema=../", 1)
    PayBook.model_validate(YAML(typ="safe").load(written))
    return written


def _node(plan: Plan) -> dict[str, Any]:
    return _plain(plan.model_dump(exclude_defaults=True))


def _plain(value: Any) -> Any:
    """Return terms as YAML writes them; a decimal is read back as the one that was written."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list | tuple) else value
