"""One workshop at one client: the numbers once, the plans as they lie on the disk, every decision saved with who and when."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from kamlib.checks import KamError
from kamlib.data.engagement import load_engagement
from kamlib.data.names import file_stem
from kamlib.data.overrides import fingerprint, overrides_of, save_overrides
from kamlib.data.plan import Plan
from kamlib.data.plans import read_plan, save_plan
from kamlib.data.read import Tables, read
from kamlib.packs.build import PackBuilder, canonical
from kamlib.packs.named import require_account, upwards
from kamlib.packs.pack import Pack
from kamlib.scores import Scores, score
from kamlib.workshop.journal import Entry, last_standing, read_entries, stamp, write_entry
from kamlib.workshop.practice import ROOT, practice_copy

ENGAGEMENT, LANGUAGE, WHO = "KAM_ENGAGEMENT", "KAM_LANGUAGE", "KAM_WHO"  # set by `kam workshop` for the notebooks that it opens
PRACTICE = ROOT / "reports" / "workshop" / "practice"


def open_workshop(engagement: str = "", *, language: str = "", by: str = "") -> Workshop:
    """Open an engagement for a workshop.

    Parameters
    ----------
    engagement : str
        The engagement file, looked for from the working directory upwards; blank for the one that ``kam workshop`` was
        started with, else for a practice copy of the sample.
    language : str
        ``en``, ``zh``, or blank for that of ``kam workshop``, else the engagement's own.
    by : str
        Who decides; it is written beside every decision.

    Returns
    -------
    Workshop

    Raises
    ------
    InvalidInput
        The engagement or its tables cannot be used.
    """
    named = engagement or os.environ.get(ENGAGEMENT, "")
    path = upwards(named) if named else practice_copy(PRACTICE)
    return Workshop(path, language=language or os.environ.get(LANGUAGE, ""), by=by or os.environ.get(WHO, ""))


class Workshop:
    """What the panels of a workshop look at and write to.

    Parameters
    ----------
    path : Path
        The engagement file.
    language : str
        ``en``, ``zh``, or blank for the engagement's own.
    by : str
        Who decides.
    """

    def __init__(self, path: Path, *, language: str = "", by: str = "") -> None:
        self.path, self.by = Path(path).absolute(), by
        self.reload()
        self.language = language or self.engagement.language

    @property
    def as_of(self) -> date:
        """The day at whose end the numbers stand; what is decided on them is dated with it, so that a render of that day shows it."""
        return self.engagement.as_of

    @property
    def currency(self) -> str:
        """The currency of every amount."""
        return self.engagement.currency

    @property
    def folder(self) -> Path:
        """The folder of the plans and of the journal."""
        return self.engagement.plans

    @cached_property
    def tables(self) -> Tables:
        """The client's tables, with the plans as they lay on the disk when this was first looked at."""
        return read(self.engagement)

    @cached_property
    def scores(self) -> Scores:
        """Every number under the policy that holds; computed anew after a decision."""
        return score(self.tables, self.engagement)

    @property
    def accounts(self) -> dict[str, str]:
        """Account ids with names, the largest revenue first."""
        names = self.tables["accounts"].set_index("account_id")["name"]
        revenue = self.scores.values["account"]["revenue_amount"].sort_values(ascending=False, kind="stable")
        return {account: str(names[account]) for account in revenue.index}

    def plan(self, account_id: str) -> Plan:
        """Return the account's plan as it lies on the disk; a blank one of revision 0 where there is none."""
        require_account(account_id, self.tables["accounts"]["account_id"].astype(str).tolist(), self.tables.quarantined)
        path = self.folder / f"{file_stem(account_id)}.yaml"
        return read_plan(path) if path.exists() else Plan.model_validate({"schema": 1, "account_id": account_id})

    def pack(self, account_id: str) -> Pack:
        """Return the account's pack as a render of now would see it."""
        data = PackBuilder(self.engagement, self.tables, self.scores).build(account_id)
        return Pack(json.loads(canonical(data)), language=self.language, edition="internal")

    def save_plan(self, plan: Plan, what: str) -> Plan:
        """Write an account's plan over the revision it was read as, and say so in the journal.

        Parameters
        ----------
        plan : Plan
            As changed; with the revision that was read.
        what : str
            The decision in words.

        Returns
        -------
        Plan
            As written.

        Raises
        ------
        KamError
            ``KAM-P06``: somebody has written it since; nothing was written.
        """
        before = self.plan(plan.account_id)
        written = save_plan(self.folder, plan)
        self._note("plan", plan.account_id, what, _plain(before), _plain(written))
        return written

    def save_policy(self, changes: Mapping[str, Any], what: str) -> None:
        """Write policy values into the engagement file, and say so in the journal.

        Parameters
        ----------
        changes : mapping of str to value
            Dotted policy path to value; None for the default.
        what : str
            The decision in words.

        Raises
        ------
        KamError
            ``KAM-P06``: somebody has written the file since it was read. ``KAM-P03``: a value does not fit.
        """
        before = overrides_of(self.path, list(changes))
        save_overrides(self.path, changes, read=self._read_as)
        self._note("policy", "", what, before, dict(changes))

    def journal(self) -> list[Entry]:
        """Return what was decided, oldest first."""
        return read_entries(self.folder)

    def undo(self) -> Entry | None:
        """Take back the latest decision of whoever decides here and return it; None where none of theirs is left.

        Raises
        ------
        KamError
            ``KAM-P06``: somebody has changed the same place since; nothing was written.
        """
        entry = last_standing([entry for entry in self.journal() if entry.by == self.by])  # another group may decide beside this one
        if entry is None:
            return None
        if entry.kind == "plan":
            self._undo_plan(entry)
        else:
            if overrides_of(self.path, list(entry.after)) != entry.after:
                raise _changed_since(self.path.name)
            save_overrides(self.path, entry.before, read=fingerprint(self.path))
        self._note(entry.kind, entry.subject, entry.what, entry.after, entry.before, undone=True)
        return entry

    def reload(self) -> None:
        """Read the engagement file again; tables, plans and scores follow when they are next looked at."""
        self.engagement, self._read_as = load_engagement(self.path), fingerprint(self.path)
        for name in ("tables", "scores"):
            self.__dict__.pop(name, None)

    def _undo_plan(self, entry: Entry) -> None:
        now, wrote = self.plan(entry.subject), Plan.model_validate(entry.after)
        if now.model_copy(update={"revision": wrote.revision}) != wrote:
            raise _changed_since(f"plans/{file_stem(entry.subject)}.yaml")
        save_plan(self.folder, Plan.model_validate(entry.before).model_copy(update={"revision": now.revision}))

    def _note(self, kind: str, subject: str, what: str, before: dict, after: dict, *, undone: bool = False) -> None:
        write_entry(self.folder, Entry(stamp(), self.by, kind, subject, what, before, after, undone))
        self.reload()


def _plain(plan: Plan) -> dict:
    return plan.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True) | {
        "schema": 1,
        "revision": plan.revision,
        "account_id": plan.account_id,
    }


def _changed_since(file: str) -> KamError:
    return KamError("KAM-P06", "was changed by somebody else after this decision", "look at it and change it by hand", file=file)
