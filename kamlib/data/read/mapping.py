"""The engagement's mapping of one file compiled: for each canonical column its SQL, and the source cells that a problem is traced to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches

from kamlib.checks import InvalidInput, KamError
from kamlib.data.read.convert import EXACT, LARGEST, Binder, Cell, exact_sql, number_sql, text_sql, timestamp_sql, typed_sql
from kamlib.data.read.explain import reason
from kamlib.data.read.raw import Head, Raw
from kamlib.data.schema import Column, Table
from kamlib.data.sources import ColumnSource, Condition, FileSource, ValueFormat

QUICK = 9e5  # below it a product with twelve decimals fits into 64 bits
CONDITION_BIT, JOIN_BIT, SIGN_BIT, RATE_BIT = 32, 48, 60, 61


@dataclass(frozen=True)
class Part:
    """One source cell of a mapped column: which file (0 the table's own, then the joins), which column, and what it must be."""

    source: int
    number: int
    name: str
    column: Column
    style: ValueFormat
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Mapped:
    """One canonical column: its SQL, its exact amount, whether any of its source cells is filled, and these cells."""

    column: Column
    sql: str
    filled: str
    parts: tuple[Part, ...]
    exact: str = "NULL"


@dataclass(frozen=True)
class Layout:
    """The files that a row is put together from, and where a name in the mapping is found.

    Parameters
    ----------
    source : FileSource
        What the engagement declares.
    heads : tuple of Head
        The table's own file, then its joins.
    """

    source: FileSource
    heads: tuple[Head, ...]

    def find(self, name: str) -> tuple[int, int]:
        """Return file and column of a name: in the table's own file, else under a join's prefix, else in the only join that has it.

        Raises
        ------
        InvalidInput
            KAM-F05: no file has it, one has it twice, or two joins have it.
        """
        if name in self.heads[0].columns:
            return 0, self.heads[0].number(name)
        found = []
        for number, (join, head) in enumerate(zip(self.source.join, self.heads[1:], strict=True), 1):
            prefix, _, rest = name.partition(".")
            if join.as_ and prefix == join.as_ and rest:
                return number, head.number(rest)
            if name in head.columns and name not in join.pairs.values():
                found.append(number)
        if len(found) > 1:
            files = " and ".join(self.heads[number].place.shown for number in found)
            fix = "give the joins a name (as: product) and write product." + name
            raise InvalidInput([self.heads[0].place.problem("KAM-F05", f"stands in {files}", fix, value=name)])
        if not found:
            raise InvalidInput([self.heads[0].lacking(name)])
        return found[0], self.heads[found[0]].number(name)

    def columns(self, table: Table) -> dict[str, ColumnSource]:
        """Return the mapping; without one, the columns that have canonical names already."""
        if self.source.columns:
            return self.source.columns
        return {name: ColumnSource(name=name) for name in table.by_name if name in self.heads[0].columns or table.by_name[name].required}

    def unread(self, table: Table) -> Iterator[KamError]:
        """Yield a warning for each column that a file without a mapping has and the table does not: one letter may be all that is wrong."""
        head, named = self.heads[0], {condition.column for condition in self.source.where}
        if self.source.columns or self.source.join:
            return
        for name in head.columns:
            if name and name not in table.by_name and name not in named:
                near = get_close_matches(name.lower(), [other for other in table.by_name if other not in head.columns], n=1)
                fix = f"did you mean {near[0]}? Rename it, or map it in {{setting}}.columns" if near else ""
                why = f"is no column of {table.name} and is not read"
                yield head.place.problem("KAM-F05", why, fix, line=head.line, sheet=head.sheet, value=name, severity="warning")


def styled(base: ValueFormat, over: ColumnSource) -> ValueFormat:
    """Return the formats of a file with those of one column before them; its factor is that of a number without a suffix."""
    shared = {name: getattr(base, name) for name in ValueFormat.model_fields}
    found = shared | {name: getattr(over, name) for name in ValueFormat.model_fields if name in over.model_fields_set}
    return ValueFormat(**(found | ({"unit_suffixes": {**found["unit_suffixes"], "": over.factor}} if over.factor else {})))


def parts_of(layout: Layout, column: Column, mapping: ColumnSource, quantity: ColumnSource | None) -> Iterator[Part]:
    """Yield the source cells that a canonical column is made of."""
    names = [mapping.name] if mapping.name is not None else mapping.product or mapping.join or []
    number = replace(column, kind="number", low=None, high=None)
    for name in names:
        source, position = layout.find(name)
        style = styled(layout.heads[source].place.dialect, mapping)
        words = tuple(mapping.values.items())
        yield Part(source, position, name, number if mapping.product else column, style, words)
    if mapping.per and quantity and quantity.name is not None:
        source, position = layout.find(quantity.name)
        yield Part(source, position, quantity.name, number, styled(layout.heads[source].place.dialect, quantity))


def condition_part(layout: Layout, condition: Condition, table: Table, mapping: dict[str, ColumnSource]) -> Part:
    """Return the source cell that a condition looks at: a column of the files, or that of a canonical column mapped by name."""
    column = Column(condition.column, condition.kind)
    own = any(condition.column in head.columns for head in layout.heads)
    source = None if own else mapping.get(condition.column)
    if source is not None and source.name is not None:
        file, position = layout.find(source.name)
        return Part(file, position, source.name, column, styled(layout.heads[file].place.dialect, source), tuple(source.values.items()))
    file, position = layout.find(condition.column)
    return Part(file, position, condition.column, column, layout.heads[file].place.dialect)


def cell(part: Part, raws: list[Raw], bind: Binder) -> Cell:
    """Return the SQL of a source cell, the source's words translated."""
    found = Cell(f"s{part.source}.c{part.number}", raws[part.source].type(part.number))
    if not part.words:
        return found
    text = text_sql(found)
    return Cell(f"(CASE {text} {' '.join(f'WHEN {bind(word)} THEN {bind(ours)}' for word, ours in part.words)} ELSE {text} END)")


def mapped(column: Column, mapping: ColumnSource, parts: tuple[Part, ...], raws: list[Raw], bind: Binder) -> Mapped:
    """Compile one canonical column."""
    if mapping.row_number:
        return Mapped(column, "NULL", "false", ())
    if mapping.const is not None:
        given = Cell(bind(_const_text(mapping.const)))
        return Mapped(column, typed_sql(given, column, ValueFormat(), bind), "true", (), exact_sql(given, ValueFormat(), bind))
    cells = [cell(part, raws, bind) for part in parts]
    filled = " OR ".join(f"{found.sql} IS NOT NULL" for found in cells)
    if mapping.join:
        texts = ", ".join(text_sql(found) for found in cells)
        return Mapped(column, f"nullif(concat_ws(' ', {texts}), '')", filled, parts)
    if len(cells) == 2:
        exact, number = _product(cells, parts, bind)
        return Mapped(column, number, filled, parts, exact)
    is_number = column.kind == "number"
    return Mapped(
        column,
        typed_sql(cells[0], column, parts[0].style, bind),
        filled,
        parts,
        exact_sql(cells[0], parts[0].style, bind) if is_number else "NULL",
    )


def _product(cells: list[Cell], parts: tuple[Part, ...], bind: Binder) -> tuple[str, str]:
    a, b = (exact_sql(found, part.style, bind) for found, part in zip(cells, parts, strict=True))
    x, y = (number_sql(found, part.style, bind) for found, part in zip(cells, parts, strict=True))
    size, exact = f"abs({x} * {y})", f"CAST({a} * {b} AS {EXACT})"
    quick = f"CAST(CAST(CAST({a} * {b} AS DECIMAL(18,12)) AS DECIMAL(18,6)) AS {EXACT})"  # 64 bits round five times as fast as 128
    exact = f"CASE WHEN {size} < {QUICK} THEN {quick} WHEN {size} < {LARGEST} THEN {exact} END"
    return exact, f"CAST({exact} AS DOUBLE)"


def _const_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat() if isinstance(value, date) else str(value)


def const_problems(layout: Layout, table: Table, mapping: dict[str, ColumnSource]) -> list[KamError]:
    """Return the constants that do not fit their column."""
    place, found = layout.heads[0].place, []
    for name, source in mapping.items():
        if source.const is None:
            continue
        text = _const_text(source.const)
        wrong = reason(text, table.by_name[name], ValueFormat())
        if wrong:
            found.append(place.problem("KAM-P03", wrong.why, f"correct {place.setting}.columns.{name}.const", value=text))
    return found


def condition_sql(condition: Condition, part: Part, raws: list[Raw], bind: Binder) -> tuple[str, str]:
    """Return whether a row is kept, and whether its cell cannot be compared (such a row is kept and refused by name)."""
    found = cell(part, raws, bind)
    if condition.op in ("known", "blank"):
        return f"{found.sql} IS {'NOT ' if condition.op == 'known' else ''}NULL", "false"
    value = {"number": number_sql, "timestamp": timestamp_sql}.get(condition.kind)
    value = value(found, part.style, bind) if value else text_sql(found)
    if any(isinstance(given, date) and not isinstance(given, datetime) for given in condition.values):
        value = f"CAST({value} AS DATE)"
    wanted = [bind(str(given).lower() if isinstance(given, bool) else given) for given in condition.values]
    wrong = f"({found.sql} IS NOT NULL AND {value} IS NULL)"
    tests = {
        "=": f"coalesce({value} = {wanted[0]}, false)",
        "!=": f"{value} IS DISTINCT FROM {wanted[0]}",
        "in": f"coalesce({value} IN ({', '.join(wanted)}), false)",
        "not in": f"NOT coalesce({value} IN ({', '.join(wanted)}), false)",
    }
    return f"({tests.get(condition.op, f'coalesce({value} {condition.op} {wanted[0]}, false)')} OR {wrong})", wrong
