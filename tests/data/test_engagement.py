"""The engagement file: typed, and refused with line, place, value and a way out."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from kamlib.checks import InvalidInput
from kamlib.data.engagement import Engagement, load_engagement
from kamlib.data.sources import TableSource
from kamlib.data.yaml_file import load_yaml

PARAMS = Path(__file__).resolve().parents[2] / "params"
SOUND = """schema: 1
name: Client
as_of: 2024-05-31
currency: EUR
tables:
  accounts:
    file: crm.csv
    columns: {account_id: Nr, name: {join: [First, Last]}}
  orders:
    delimiter: ";"
    decimal: ","
    join: [{file: heads.csv, on: Nr, many_to_one: true}]
    where: [{column: Nr, op: known}]
    columns: {order_id: Nr, line: {row_number: true}, account_id: Kunde, order_date: Datum, product: {const: all}, quantity: {const: 1}}
    files:
      - {file: a.csv, columns: {net_revenue: Umsatz}}
      - file: b.csv
        delimiter: tab
        columns: {net_revenue: {product: [Menge, Preis], decimal: "."}}
        where: [{column: Land, op: "=", value: DE}]
"""


@pytest.fixture
def write(tmp_path):
    def written(text: str) -> Path:
        path = tmp_path / "engagement.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def refused(path):
    with pytest.raises(InvalidInput) as error:
        load_engagement(path)
    return error.value.problems


def test_a_sound_file_is_typed(write):
    path = write(SOUND)
    found = load_engagement(path)
    assert (found.name, found.as_of, found.currency, found.language, found.fiscal_year_start) == (
        "Client",
        date(2024, 5, 31),
        "EUR",
        "en",
        1,
    )
    assert found.path == path and found.folder == path.parent and found.plans == path.parent / "engagement/plans" and not found.synthetic


def test_options_of_the_table_hold_for_its_files_unless_they_say_otherwise(write):
    first, second = load_engagement(write(SOUND)).tables["orders"].sources()
    assert (first.delimiter, second.delimiter, first.decimal, second.decimal) == (";", "\t", ",", ",")
    assert first.columns["account_id"].name == second.columns["account_id"].name == "Kunde"
    assert first.columns["net_revenue"].name == "Umsatz" and second.columns["net_revenue"].product == ["Menge", "Preis"]
    assert [condition.column for condition in second.where] == ["Nr", "Land"]
    assert first.join[0].delimiter == ";" and second.join[0].delimiter == "\t" and first.join[0].decimal == ","


@pytest.mark.parametrize(
    ("old", "new", "line", "value", "why"),
    [
        pytest.param("currency:", "curency:", 4, "curency", "unknown parameter (character 1 of the line); allowed: schema, name", id="key"),
        pytest.param("account_id: Nr", "acount_id: Nr", 8, "acount_id", "unknown column", id="column"),
        pytest.param("  accounts:", "  acounts:", 6, "acounts", "unknown table", id="table"),
        pytest.param("row_number: true", "rownumber: true", 14, "rownumber", "unknown parameter", id="key in a mapping"),
        pytest.param("op: known", "op: like", 13, "like", "should be '=', '!='", id="op"),
        pytest.param("2024-05-31", "31.5.2024", 3, "31.5.2024", "valid date", id="date"),
        pytest.param("EUR", "Euro", 4, "Euro", "should match pattern", id="currency"),
        pytest.param('delimiter: ";"', 'delimiter: ";;"', 10, ";;", "must be one sign", id="delimiter"),
        pytest.param('decimal: ","', 'decimal: ";"', 11, ";", "should be '.' or ','", id="decimal"),
        pytest.param("many_to_one: true", "many_to_one: false", 12, "False", "should be True", id="many to many"),
        pytest.param("{const: 1}", "{const: 1, name: x}", 14, None, "needs exactly one of name, const", id="two ways"),
        pytest.param("product: [Menge, Preis]", "product: [Menge]", 19, None, "should have at least 2 items", id="one factor"),
        pytest.param("    file: crm.csv\n", "", 6, None, "needs exactly one of file, files, sql, distinct", id="no file"),
        pytest.param("order_date: Datum, ", "", 16, None, "maps no column to order_date", id="needed column"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(write, old, new, line, value, why):
    assert SOUND.count(old) == 1
    problem = refused(write(SOUND.replace(old, new)))[0] if "curency" not in new else refused(write(SOUND.replace(old, new)))[-1]
    assert (problem.code, problem.severity, problem.file) == ("KAM-P03", "file", "engagement.yaml")
    assert (problem.line, problem.value) == (line, value) and why in problem.why and problem.fix


def test_near_names_are_proposed(write):
    assert refused(write(SOUND.replace("delimiter", "delimeter", 1)))[0].fix == "did you mean delimiter?"


def test_all_that_is_wrong_comes_at_once(write):
    problems = refused(write("schema: 2\nname: 3\nas_of: today\n"))
    assert [(problem.line, problem.column) for problem in problems] == [
        (1, "schema"),
        (1, "currency"),
        (1, "tables"),
        (2, "name"),
        (3, "as_of"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        pytest.param("a: &x 1\nb: 2\n", 1, "alias x", id="anchor"),
        pytest.param("a: 1\nb: *x\n", 2, "alias x", id="alias"),
        pytest.param("a: 1\nb: !x 2\n", 2, "tag !x", id="tag"),
        pytest.param("a: 1\na: 2\n", 2, "a stands twice", id="key twice"),
        pytest.param("a: 1\nb: {c: 1, c: 2}\n", 2, "c stands twice", id="key twice within"),
        pytest.param("a: [1\n", 2, "is not YAML", id="open bracket"),
        pytest.param("a: 1\nb: 00123\n", 2, "leading zero", id="leading zero"),
        pytest.param("%YAML 1.1\n---\na: no\n", 1, "directive", id="older YAML"),
        pytest.param("a: " + "[" * 25 + "]" * 25, 1, "20 levels", id="deep"),
        pytest.param("# " + "x" * 300_000, None, "256 kB", id="large"),
    ],
)
def test_yaml_is_plain(write, text, line, why):
    (problem,) = refused(write(text))
    assert (problem.code, problem.line) == ("KAM-P01", line) and why in problem.why and problem.fix


def test_not_utf_8_and_not_there(write, tmp_path):
    path = write("")
    path.write_bytes("schema: 1\nname: Müller\n".encode("cp1252"))
    assert [(problem.code, problem.line) for problem in refused(path)] == [("KAM-P01", 2)]
    assert "cannot be read" in refused(tmp_path / "none.yaml")[0].why


def test_yaml_1_2_keeps_words_as_words(write):
    assert load_yaml(write('a: no\nb: on\nc: 1e3\nd: "0123"\ne: =\n')).data == {"a": "no", "b": "on", "c": 1000.0, "d": "0123", "e": "="}


def test_a_wrong_path_in_the_policy_is_named_with_its_line(write):
    (problem,) = refused(write(SOUND + "policy_overrides:\n  abc: {a_shar: 0.7}\n"))
    assert (problem.code, problem.line, problem.file) == ("KAM-P03", 21, "engagement.yaml") and "abc.a_share" in problem.fix


def test_the_policy_has_the_engagements_own_values(write):
    found = load_engagement(write(SOUND + "policy_overrides:\n  abc: {a_share: 0.7}\n"))
    assert found.policy.leaf("abc.a_share")["value"] == 0.7


def test_the_json_schema_knows_every_key_and_both_forms_of_a_column():
    schema = Engagement.model_json_schema()
    assert {"schema", "as_of", "tables", "policy_overrides"} <= schema["properties"].keys() and schema["additionalProperties"] is False
    assert {"type": "string"} in schema["$defs"]["ColumnSource"]["anyOf"]
    json.dumps(schema)


@pytest.mark.parametrize("name", ["adventureworks", "online_retail"])
def test_the_engagements_we_ship_are_sound(name):
    found = load_engagement(PARAMS / f"{name}.yaml")
    assert all(isinstance(table, TableSource) for table in found.tables.values())
