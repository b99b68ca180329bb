"""The schema holds together, and the data dictionary says what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from kamlib.data.schema import TABLES, data_dictionary, undated_columns
from kamlib.data.schema.columns import FORMS

DICTIONARY = Path(__file__).resolve().parents[2] / "docs/data-dictionary.md"
COLUMNS = [pytest.param(table, column, id=f"{table.name}.{column.name}") for table in TABLES.values() for column in table.columns]


def test_the_data_dictionary_is_true():
    assert DICTIONARY.read_text("utf-8") == data_dictionary(), "write it anew: python -m kamlib.data.schema"


def test_every_table_of_the_method_is_there():
    assert set(TABLES) == {
        *("accounts", "orders", "invoices", "payments", "forecasts", "targets", "surveys", "contacts", "interactions", "tickets"),
        *(
            "usage",
            "events",
            "assessments",
            "outcomes",
            "managers",
            "approvals",
            "purchases_from",
            "promises",
            "credits",
            "market",
            "wallets",
            "rates",
        ),
    }


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_column_says_what_it_is(table, column):
    assert column.note and (column.form in FORMS or not column.form)
    assert bool(column.choices) == (column.kind == "choice")
    assert column.unit or column.kind not in ("number", "integer")
    assert column.unlocks or column.required or column.key or column.kind in ("id", "text", "choice", "date")
    assert not column.known_with or table.by_name[column.known_with].kind in ("date", "timestamp")
    assert not (column.later and column.undated)


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_a_table_says_whose_and_of_when_its_rows_are(table):
    assert table.nature in ("event-like", "state-like") and table.note.endswith(".")
    assert not table.date or table.by_name[table.date].kind in ("date", "timestamp") or table.by_name[table.date].form
    assert not table.owner or table.owner in table.by_name and table.owner in TABLES[table.owner_table].by_name
    assert len(table.by_name) == len(table.columns)


def test_later_cells_are_those_of_the_ruling():
    later = {f"{name}.{column}" for name, table in TABLES.items() for column in table.later if not table.by_name[column].known_with}
    assert later == {
        *("orders.delivered_on", "tickets.first_response_at", "tickets.resolved_at", "contacts.left_on", "promises.kept_on"),
    }
    assert {"outlook", "industry_growth", "annual_wallet", "fit", "manager_id"} <= set(undated_columns()["accounts"])
