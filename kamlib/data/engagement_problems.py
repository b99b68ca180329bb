"""What is wrong with an engagement file, in its own terms, with line and column."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from kamlib.checks import KamError
from kamlib.data.database_url import URL_REFUSED
from kamlib.data.schema import TABLES
from kamlib.data.sources import ColumnSource, Condition, FileSource, JoinSource, TableSource
from kamlib.data.yaml_file import YamlFile

LEAST_TABLES = ("accounts", "orders")
_PARTS: dict[str, type[BaseModel]] = {
    "tables": TableSource,
    "files": FileSource,
    "join": JoinSource,
    "where": Condition,
    "columns": ColumnSource,
}


def typing_problems(file: YamlFile, model: type[BaseModel], context: dict) -> list[KamError]:
    """Return what pydantic finds, each as one sentence with the line."""
    data = file.data if isinstance(file.data, dict) else {}
    try:
        model.model_validate(data, context=context)
    except ValidationError as error:
        found = {}
        for item in error.errors(include_url=False):
            problem = _typing_problem(file, model, item)
            found.setdefault((problem.line, problem.column, problem.value), problem)
        return sorted(found.values(), key=lambda problem: problem.line)
    return []


def name_problems(file: YamlFile, tables: dict[str, TableSource]) -> list[KamError]:
    """Return every table and column that the schema does not know, and the needed ones that nothing is mapped to."""
    found = [_unknown(file, ("tables", name), list(TABLES), "table") for name in tables if name not in TABLES]
    found += [
        _problem(file, ("tables",), f"tables.{name} is missing", "name its file; accounts may be {distinct: orders}")
        for name in LEAST_TABLES
        if name not in tables
    ]
    for name, table in tables.items():
        if name in TABLES:
            found += _table_problems(file, name, table)
    return found


def policy_problems(file: YamlFile, overrides: dict) -> list[KamError]:
    """Return what the policy refuses of the engagement's own values."""
    if not overrides:
        return []
    from kamlib.policy import load_policy

    try:
        load_policy(overrides)
    except KamError as error:
        path = (error.column or error.value or "").split(".")
        line, _ = file.place(("policy_overrides", *path))
        return [KamError(error.code, error.why, error.fix, file=file.name, line=line, column=error.column, value=error.value)]
    return []


def _table_problems(file: YamlFile, name: str, table: TableSource) -> list[KamError]:
    schema, path, found = TABLES[name], ("tables", name), []
    parts = [((*path, "columns"), table.columns)] + [((*path, "files", i, "columns"), part.columns) for i, part in enumerate(table.files)]
    for place, columns in parts:
        unknown = [column for column in columns or {} if column not in schema.by_name]
        found += [_unknown(file, (*place, column), list(schema.by_name), "column") for column in unknown]
        factored = [column for column, given in (columns or {}).items() if given.factor and column not in unknown]
        texts = [column for column in factored if schema.by_name[column].kind not in ("number", "integer")]
        found += [_problem(file, (*place, column, "factor"), f"{column} is no number", "take the factor out") for column in texts]
    if table.distinct == "orders" and name != "accounts":
        found.append(_problem(file, (*path, "distinct"), "distinct: orders is for accounts only", "name the table's file"))
    for number, source in enumerate(table.sources()):
        missing = [column.name for column in schema.columns if column.required and source.columns and column.name not in source.columns]
        if missing:
            fix = f"add to its columns: {missing[0]}: a name of the file, or {{const: …}} where all rows have one value"
            where = (*path, "files", number) if table.files else path
            found.append(_problem(file, where, f"tables.{name} maps no column to {', '.join(missing)}", fix))
    return found


def _typing_problem(file: YamlFile, model: type[BaseModel], item: dict[str, Any]) -> KamError:
    path = _path(file.data, item["loc"])
    if item["type"] == "extra_forbidden":
        return _unknown(file, path, _allowed(model, path), "parameter")
    if item["type"] == "missing":
        return _problem(file, (*path, item["loc"][-1]), "is missing", f"add {item['loc'][-1]}:")
    if item["type"] == URL_REFUSED:  # whatever stands there may be a password
        return _problem(file, path, item["msg"], item["ctx"]["fix"])
    why = item["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return _problem(file, path, why, "correct the value", value=None if isinstance(item["input"], dict | list) else str(item["input"]))


def _path(data: Any, loc: tuple) -> tuple:
    # pydantic's place also names the members of a union, which are no keys of the file.
    for number, step in enumerate(loc):
        if not (isinstance(data, dict) and step in data or isinstance(data, list) and isinstance(step, int)):
            return loc[:number]
        data = data[step]
    return loc


def _allowed(model: type[BaseModel], path: tuple) -> list[str]:
    containers = [step for step in path[:-1] if step in _PARTS]
    part = _PARTS[containers[-1]] if containers else model
    return [field.alias or name for name, field in part.model_fields.items()]


def _unknown(file: YamlFile, path: tuple, allowed: list[str], what: str) -> KamError:
    name = str(path[-1])
    near = get_close_matches(name, allowed, n=1)
    fix = f"did you mean {near[0]}?" if near else "take it out or correct it"
    line, column = file.place(path)
    why = f"is an unknown {what} (character {column} of the line); allowed: {', '.join(allowed)}"
    return KamError("KAM-P03", why, fix, file=file.name, line=line, column=_dotted(path[:-1]) or None, value=name)


def _problem(file: YamlFile, path: tuple, why: str, fix: str, *, value: str | None = None) -> KamError:
    line, _ = file.place(path)
    return KamError("KAM-P03", why, fix, file=file.name, line=line, column=_dotted(path) or None, value=value)


def _dotted(path: tuple) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
