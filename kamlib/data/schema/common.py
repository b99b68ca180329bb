"""Columns and lists that several tables share."""

from __future__ import annotations

from kamlib.data.schema.columns import Column

FIVE: dict = {"kind": "integer", "unit": "1-5", "low": 1, "high": 5, "undated": True}
LEVELS = ("staff", "manager", "director", "executive")
OWNER = Column("account_id", "id", required=True, note="whose row it is")
CURRENCY = Column("currency", "text", form="currency", note="blank: the engagement currency", unlocks="several currencies (with rates)")
VALID_FROM = Column("valid_from", "date", key=True, note="the row holds from this day on", unlocks="attributes in a recomputed past")
