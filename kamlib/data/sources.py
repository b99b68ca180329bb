"""Where the rows of a table come from: files, dialects, mappings, joins and conditions, as an engagement declares them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic.json_schema import GetJsonSchemaHandler, JsonSchemaValue

from kamlib.data.database_url import open_url, reading_query

THOUSANDS = (",", ".", " ", "'", "’", "\u00a0", "\u202f")
LIST_OPS, BLANK_OPS = ("in", "not in"), ("known", "blank")
Op = Literal["=", "!=", "<", "<=", ">", ">=", "in", "not in", "known", "blank"]
Scalar = str | bool | int | float | date | datetime


class Strict(BaseModel):
    """A part of the engagement file: no unknown key, never changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class ValueFormat(Strict):
    """How numbers and dates are written; nothing is guessed.

    Examples
    --------
    >>> ValueFormat(decimal=",").grouping
    '.'
    """

    decimal: Literal[".", ","] = "."
    thousands: Annotated[str | None, Field(description="Sign between groups of three digits; with decimal ',' it is '.' unless said.")] = (
        None
    )
    negative: Annotated[Literal["sign", "parentheses"], Field(description="parentheses: (500) is -500.")] = "sign"
    unit_suffixes: Annotated[dict[str, int | float], Field(description="Suffix to factor, as 万: 10000.")] = {}
    date_format: Annotated[str | None, Field(description="As %d.%m.%Y; without it only ISO dates.")] = None
    excel_serial: Annotated[Literal[1900, 1904] | None, Field(description="Dates are Excel's day numbers of this system.")] = None

    @field_validator("thousands")
    @classmethod
    def _one_sign(cls, sign: str | None) -> str | None:
        if sign not in (None, "", *THOUSANDS):
            raise ValueError("must be one of , . ' or a space")
        return sign

    @field_validator("date_format")
    @classmethod
    def _unmistakable(cls, pattern: str | None) -> str | None:
        directives = re.findall(r"%(.)", pattern or "%Y%m%d")
        wrong = sorted(set(directives) - set("YymdbBHIMSfp%"))
        if wrong:
            raise ValueError(f"cannot use %{wrong[0]}; take %Y %y %m %b %B %d %H %I %M %S %f %p")
        if not all(set(group) & set(directives) for group in ("Yy", "mbB", "d")):
            raise ValueError("must name year, month and day, as %d.%m.%Y")
        return pattern

    @model_validator(mode="after")
    def _two_signs(self) -> ValueFormat:
        if self.thousands == self.decimal:
            raise ValueError("decimal and thousands must differ")
        return self

    @property
    def grouping(self) -> str:
        """The sign between groups of three digits; blank if there is none."""
        if self.thousands is not None:
            return self.thousands
        return "." if self.decimal == "," else ""


class Condition(Strict):
    """A row is kept if this holds; a blank cell differs from every value and is neither smaller nor larger than any."""

    column: Annotated[str, Field(description="A column of the file, or a canonical one that is mapped here.")]
    op: Op
    value: Scalar | list[Scalar] | None = None

    @model_validator(mode="after")
    def _fitting(self) -> Condition:
        if self.op in BLANK_OPS and self.value is not None:
            raise ValueError(f"op {self.op} takes no value")
        if self.op in LIST_OPS and not (isinstance(self.value, list) and self.value):
            raise ValueError(f"op {self.op} takes a list of values")
        if self.op not in (*BLANK_OPS, *LIST_OPS) and (self.value is None or isinstance(self.value, list)):
            raise ValueError(f"op {self.op} takes one value")
        if len({self._kind(value) for value in self.values}) > 1:
            raise ValueError("takes values of one type")
        return self

    @property
    def values(self) -> list[Scalar]:
        """The values to compare with."""
        return self.value if isinstance(self.value, list) else [] if self.value is None else [self.value]

    @property
    def kind(self) -> str:
        """``text``, ``number`` or ``timestamp``: what cells are read as before they are compared."""
        return self._kind(self.values[0]) if self.values else "text"

    @staticmethod
    def _kind(value: Scalar) -> str:
        if isinstance(value, date):
            return "timestamp"
        return "number" if isinstance(value, int | float) and not isinstance(value, bool) else "text"


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class ColumnSource(ValueFormat):
    """Where a column's cells come from; a plain text is a name. Number and date formats here go before the file's."""

    name: Annotated[str | None, Field(description="Column of the file or of a joined file.")] = None
    const: Annotated[Scalar | None, Field(description="The same value in every row.")] = None
    row_number: Annotated[Literal[True] | None, Field(description="Running number of the row (of a line: within its order).")] = None
    product: Annotated[list[str] | None, Field(min_length=2, max_length=2, description="Two columns to multiply.")] = None
    join: Annotated[list[str] | None, Field(min_length=2, description="Columns to write one after the other, with a blank.")] = None
    factor: Annotated[
        int | float | None, Field(gt=0, le=1e9, description="Its numbers are in units of so many, as 10000 under a header 金额(万元).")
    ] = None
    per: Annotated[Literal["unit"] | None, Field(description="The amount is per unit: times the quantity.")] = None
    values: Annotated[dict[str, str], Field(description="The source's words and ours.")] = {}

    @model_validator(mode="after")
    def _one_way(self) -> ColumnSource:
        ways = [way for way in ("name", "const", "row_number", "product", "join") if getattr(self, way) is not None]
        if len(ways) != 1:
            raise ValueError("needs exactly one of name, const, row_number, product, join")
        if self.per and self.name is None:
            raise ValueError("per: unit goes with name")
        if self.factor and self.name is None:
            raise ValueError("factor goes with name")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler(core_schema)]}


Columns = dict[str, Annotated[ColumnSource, BeforeValidator(_named)]]


class Dialect(ValueFormat):
    """How a file is to be read."""

    encoding: Annotated[str, Field(description="As utf-8, gb18030, utf-16, cp1252.")] = "utf-8"
    delimiter: Annotated[str, Field(description="One sign, or the word tab.")] = ","
    sheet: Annotated[str | None, Field(description="Sheet of an Excel file; needed if there are several.")] = None
    header: Annotated[int, Field(ge=1, description="Line of the column names.")] = 1

    @field_validator("encoding")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            return codecs.lookup(name).name
        except LookupError:
            raise ValueError("is no encoding that is known here; take utf-8, gb18030, utf-16, cp1252") from None

    @field_validator("delimiter")
    @classmethod
    def _sign(cls, sign: str) -> str:
        sign = "\t" if sign == "tab" else sign
        if len(sign) != 1 or sign in '"\r\n' or sign.isalnum():
            raise ValueError('must be one sign, as "," ";" "|", or tab')
        return sign


class JoinSource(Dialect):
    """A further file of which each row of the table takes at most one row, over one or more equal columns."""

    file: str
    on: Annotated[str | list[str] | dict[str, str], Field(description="A common column, several, or {ours: theirs}.")]
    many_to_one: Annotated[Literal[True], Field(description="Said aloud: a key stands once in this file.")]
    as_: Annotated[str | None, Field(alias="as", description="Prefix under which its columns can be named: as.column.")] = None
    where: list[Condition] = []

    @property
    def pairs(self) -> dict[str, str]:
        """The columns of the table and those of this file that must be equal."""
        if isinstance(self.on, dict):
            return self.on
        return {name: name for name in ([self.on] if isinstance(self.on, str) else self.on)}


FilePath = Annotated[str, Field(description="Path from the engagement file's folder; * and ? stand for several files.")]
Query = Annotated[str, AfterValidator(reading_query), Field(description="A select; its rows are those of the table.")]
DatabaseUrl = Annotated[str, AfterValidator(open_url), Field(description="env:NAME, or an SQLAlchemy URL without a password.")]


class FileSource(Dialect):
    """One file, several of one pattern, or one query of a database, with dialect and mapping."""

    file: FilePath | None = None
    sql: Query | None = None
    url: DatabaseUrl | None = None
    columns: Annotated[Columns | None, Field(description="Canonical column to where it comes from.")] = None
    where: list[Condition] = []
    join: list[JoinSource] = []

    @model_validator(mode="after")
    def _one_origin(self) -> FileSource:
        if bool(self.file) == bool(self.sql):
            raise ValueError("needs exactly one of file, sql")
        return _require_database(self)


class TableSource(Dialect):
    """Where one table comes from. What stands here holds for all its files unless a file says otherwise."""

    file: FilePath | None = None
    sql: Query | None = None
    url: DatabaseUrl | None = None
    files: Annotated[list[FileSource], Field(description="Several files, each with its own dialect and mapping.")] = []
    columns: Annotated[Columns | None, Field(description="Canonical column to where it comes from.")] = None
    where: list[Condition] = []
    join: list[JoinSource] = []
    distinct: Annotated[bool | Literal["orders"], Field(description="true: equal rows count once; orders: the accounts that ordered.")] = (
        False
    )
    may_be_empty: Annotated[bool, Field(description="Without a row the table counts as not supplied.")] = False

    @model_validator(mode="after")
    def _one_origin(self) -> TableSource:
        origins = [bool(self.file), bool(self.files), bool(self.sql), self.distinct == "orders"]
        if sum(origins) != 1:
            raise ValueError("needs exactly one of file, files, sql, distinct: orders")
        if self.distinct == "orders" and (self.columns or self.where or self.join):
            raise ValueError("distinct: orders takes the accounts as they stand there, without columns, where or join")
        return _require_database(self)

    def sources(self) -> Iterator[FileSource]:
        """Yield the files with the table's own options filled in."""
        shared = {name: getattr(self, name) for name in Dialect.model_fields if name in self.model_fields_set}
        own = {name: getattr(self, name) for name in ("file", "sql", "url") if getattr(self, name)}
        for given in self.files or ([FileSource(**own)] if own else []):
            options = shared | {name: getattr(given, name) for name in given.model_fields_set}
            columns = {**(self.columns or {}), **(given.columns or {})} or None
            joins = [_inheriting(join, options) for join in [*self.join, *given.join]]
            yield FileSource.model_construct(
                **(
                    FileSource(file=given.file, sql=given.sql, url=given.url).model_dump()
                    | options
                    | {"columns": columns, "where": [*self.where, *given.where], "join": joins}
                )
            )


def _require_database(source: Any) -> Any:
    if bool(source.sql) != bool(source.url):
        raise ValueError("sql and url go together")
    return source


def _inheriting(join: JoinSource, options: dict) -> JoinSource:
    taken = {name: options[name] for name in ("encoding", "delimiter", *ValueFormat.model_fields) if name in options}
    return join.model_copy(update={name: value for name, value in taken.items() if name not in join.model_fields_set})
