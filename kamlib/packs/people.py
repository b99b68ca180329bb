"""The contacts of an account as its workbook shows them: who is there, how much they count, whether we met them."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib import stakeholders
from kamlib.data.tables import Tables
from kamlib.packs.rows import plain
from kamlib.policy import Policy

SHOWN = ["contact_id", "name", "role", "influence", "attitude", "style", "met", "number"]


class People:
    """Contacts present, account by account.

    Parameters
    ----------
    tables : Tables
        As known at the date.
    policy : Policy
    as_of : date
    """

    def __init__(self, tables: Tables, policy: Policy, as_of: date) -> None:
        self._contacts: dict[str, pd.DataFrame] = {}
        if "contacts" in tables:
            months = policy.stakeholders.met_months
            met = stakeholders.met_contacts(tables["contacts"], tables.get("interactions"), as_of=as_of, months=months)
            number = stakeholders.pseudonyms(tables["contacts"])
            met = met.assign(number=met["contact_id"].astype("str").map(number).astype(float))
            if policy.privacy.pseudonyms == "always":
                met = met.assign(name=None)
            self._contacts = dict(iter(met.sort_values("contact_id").groupby("account_id")[SHOWN]))

    def of(self, account_id: str) -> list[dict]:
        """Return the contacts present, JSON-ready; ``met`` is 1, 0 or blank where no touch is written down."""
        found = self._contacts.get(account_id)
        if found is None:
            return []
        rows = found.astype({"met": "Float64", "number": int}).to_dict("records")
        return [{name: None if cell is pd.NA else plain(cell) for name, cell in row.items()} for row in rows]
