"""Marks in every internal field of tables and plans: what a customer's page shows of them has leaked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import pandas as pd

from kamlib.data.plan import Plan

MARK = "MARKER7Q"
NUMBER = 817263.0
JUDGED = ("needs", "beliefs", "swot", "risks", "annual_plan", "tenders", "outreach")
PLAIN = ("id", "layer", "state", "answer", "date", "due", "done_on", "item", "kind", "published", "deadline", "bid", "result")


def planted(tables, read: Mapping[str, Collection[str]], *, kept: Collection[str], with_numbers: bool):
    """Return tables and plans whose texts carry the mark and, if wanted, whose numbers are the number.

    Parameters
    ----------
    tables : Tables
    read : mapping of str to collection of str
        Columns of a table that the customer may read.
    kept : collection of str
        Columns of every table that stay as they are: by which rows are found, or whose words are a closed list.
    with_numbers : bool
    """
    frames = {}
    for name, frame in tables.frames.items():
        frame = frame.copy()
        for column in frame.columns.difference(sorted({*read.get(name, ()), *kept})):
            values = frame[column]
            if pd.api.types.is_float_dtype(values) or pd.api.types.is_integer_dtype(values):
                frame[column] = values.mask(values.notna(), NUMBER) if with_numbers else values
            elif isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.is_string_dtype(values):
                frame[column] = values.astype("str").mask(values.notna(), MARK)
        frames[name] = frame
    return replace(tables, frames=frames, plans={account: planted_plan(plan) for account, plan in tables.plans.items()})


def planted_plan(plan: Plan) -> Plan:
    """Put the mark into every text of a plan that is not for the customer's eyes."""
    data = plan.model_dump(by_alias=True, mode="json")
    for key in JUDGED:
        data[key] = _marked(data[key])
    for action in data["actions"]:
        action["text"] = f"{MARK} {action['text']}"
    for goal in data["objectives"]:
        goal["measure"], goal["target"] = MARK, NUMBER
        if not goal["agreed_by_customer"]:
            goal["text"] = f"{MARK} {goal['text']}"
    return Plan.model_validate(data)


def _marked(node):
    if isinstance(node, dict):
        return {key: entry if key in PLAIN else _marked(entry) for key, entry in node.items()}
    if isinstance(node, list):
        return [_marked(entry) for entry in node]
    return f"{MARK} {node}" if isinstance(node, str) else node
