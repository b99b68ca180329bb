"""Where a database is: a URL whose secrets come from the environment, and never reach a message."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from kamlib.checks import InvalidInput, KamError

if TYPE_CHECKING:
    from sqlalchemy import URL

URL_REFUSED = "database_url"
_ENVIRONMENT = re.compile(r"env:([A-Za-z_]\w*)", re.ASCII)
_SECRET = re.compile(r"pass|pwd|secret|token|odbc_connect|key$", re.IGNORECASE)
_COMMENTS = re.compile(r"\s+|--[^\n]*(\n|$)|/\*.*?\*/", re.DOTALL)
_EXAMPLE = "postgresql+psycopg://user:password@host/database"


def open_url(text: str) -> str:
    """Return a URL that may stand in a file for everybody to see.

    Raises
    ------
    PydanticCustomError
        Of type `URL_REFUSED`: no URL, or one with a secret in it; the message does not repeat it.

    Examples
    --------
    >>> open_url("env:KAM_DB"), open_url("sqlite:///shop.db")
    ('env:KAM_DB', 'sqlite:///shop.db')
    """
    if _ENVIRONMENT.fullmatch(text):
        return text
    if text.startswith("env:"):
        raise _refused("does not name an environment variable", "write env: and letters, digits or _, as env:KAM_DB")
    url = _parsed(text)
    if url is None:
        raise _refused("is no database URL", "write env:KAM_DB, or a URL as sqlite:///shop.db")
    if _secrets(url):
        raise _refused("has a password in it", "put the whole URL into an environment variable and write env:KAM_DB")
    return text


def reading_query(text: str) -> str:
    """Return a query that begins like one that reads.

    Examples
    --------
    >>> reading_query("-- the lines\\nselect * from lines")
    '-- the lines\\nselect * from lines'
    """
    rest = text
    while found := _COMMENTS.match(rest):
        rest = rest[found.end() :]
    if not re.match(r"(select|with)\b", rest, re.IGNORECASE):
        raise ValueError("must be one query that begins with select or with")
    return text


def database_url(text: str, folder: Path) -> URL:
    """Return the URL to connect to, from the environment where it says so.

    Parameters
    ----------
    text : str
        As it stands in the engagement file.
    folder : Path
        The folder that the path of an SQLite file starts from. The file is opened for reading only.

    Raises
    ------
    InvalidInput
        KAM-P04: the environment variable is not set or holds no URL; KAM-F03: there is no such SQLite file.
    """
    named = _ENVIRONMENT.fullmatch(text)
    url = _parsed(os.environ.get(named[1], "") if named else text)
    if url is None:
        state = "holds no database URL" if os.environ.get(named[1]) else "is not set"
        raise InvalidInput([KamError("KAM-P04", f"the environment variable {named[1]} {state}", f"set it, as {named[1]}={_EXAMPLE}")])
    if url.get_backend_name() != "sqlite":
        return url
    path = folder / (url.database or "")
    if not path.is_file():
        shown = named[0] if named else text
        raise InvalidInput([KamError("KAM-F03", "there is no such file", f"correct url; looked for {path}", file=shown)])
    return url.set(database=path.absolute().as_uri(), query={**url.query, "mode": "ro", "uri": "true"})


def without_secrets(text: str, url: URL) -> str:
    """Return a message of the database without the password of its URL.

    Examples
    --------
    >>> from sqlalchemy import make_url
    >>> without_secrets("login failed: pw=a/b", make_url("mysql://me:a%2Fb@host/db"))
    'login failed: pw=***'
    """
    from urllib.parse import quote, quote_plus

    for secret in sorted(_secrets(url), key=len, reverse=True):
        for written in (secret, quote(secret, safe=""), quote_plus(secret)):
            text = text.replace(written, "***")
    return text


def _parsed(text: str) -> URL | None:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        return None


def _secrets(url: URL) -> list[str]:
    values = [(name, value) for name, found in url.query.items() for value in ([found] if isinstance(found, str) else found)]
    hidden = [value for name, value in values if _SECRET.search(name) or _SECRET.search(value)]
    return [secret for secret in (url.password, *hidden) if secret]


def _refused(why: str, fix: str) -> PydanticCustomError:
    return PydanticCustomError(URL_REFUSED, "{why}", {"why": why, "fix": fix})
