"""Publish what a section shows: HTML for the reader, the same content as data for Excel, slides and PDF."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping

from IPython.display import display
from markupsafe import Markup

MIME = "application/vnd.kamlib+json"
VERSION = 1
SIGNIFICANT_DIGITS = 10
FORMATS = {
    "amount": "#,##0",
    "share": "0.0%",
    "rate": "0.0%",
    "ratio": "0.0",
    "days": "0",
    "months": "0",
    "count": "#,##0",
    "score": "0",
    "index": "0%",
}

NAMED = re.compile(r'data-receipt="([\w-]+)"')

_published: dict[str, str] = {}
_named: dict[str, tuple[str, ...]] = {}


def column(key: str, label: str, unit: str = "text") -> dict:
    """Describe one column of a published table.

    Examples
    --------
    >>> column("revenue_amount", "Revenue", "amount")["format"]
    '#,##0'
    """
    return {"id": key, "label": label, "unit": unit, "format": FORMATS.get(unit, "@")}


def payload(
    kind: str,
    key: str,
    *,
    title: str = "",
    columns: Iterable[dict] = (),
    rows: Iterable = (),
    receipts: Iterable = (),
    parts: Iterable = (),
) -> dict:
    """Put content into the published form: finite numbers of ten digits, no time, no path.

    Parameters
    ----------
    kind : str
        ``number``, ``table``, ``figure``, ``section`` or ``done``.
    key : str
        Id of the section, figure, table or metric; unique in a workbook.
    title : str
        Heading in the reader's language.
    columns, rows : iterables
        Column descriptions and rows of text, numbers or None, in the same order.
    receipts : iterable of dict
        Receipts of the numbers shown.
    parts : iterable of dict
        Further payloads that the section holds.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        The kind is none of the five.

    Examples
    --------
    >>> payload("number", "margin_rate", rows=[[1 / 3, float("nan")]])["rows"]
    [[0.3333333333, None]]
    """
    if kind not in ("number", "table", "figure", "section", "done"):
        raise ValueError(f"kind must be number, table, figure, section or done, got {kind!r}")
    content = {"columns": list(columns), "rows": list(rows), "receipts": list(receipts)}
    head = {"v": VERSION, "kind": kind, "id": key, "title": title}
    return head | {name: _plain(value) for name, value in content.items()} | ({"parts": list(parts)} if parts else {})


def publish(content: dict, *, html: str | None = None, plain: str = "", png: bytes | None = None) -> None:
    """Show a payload in the notebook; remember its checksum for the completion mark, and which receipts its markup names.

    Parameters
    ----------
    content : dict
        From `payload`.
    html : str, optional
        Markup whose foreign texts are escaped already.
    plain : str
        What stands for it where there is no page; the alternative text of a figure.
    png : bytes, optional
        The figure.
    """
    _published[content["id"]] = hashlib.sha256(canonical(content)).hexdigest()
    _named[content["id"]] = tuple(dict.fromkeys(NAMED.findall(str(html or ""))))
    bundle = {MIME: content, "text/plain": plain or content["title"] or content["id"]}
    if html is not None:
        bundle["text/html"] = str(html)
    if png is not None:
        bundle["image/png"] = png
    display(bundle, raw=True)


def named_receipts() -> list[str]:
    """Return the receipts that the page names so far, in its order: ids of metrics, and ``section-`` with the id of a section."""
    return list(dict.fromkeys(name for key, names in _named.items() if key != "receipts" for name in names))


def canonical(content: Mapping) -> bytes:
    """Return the one byte form of a payload: sorted keys, no spaces, UTF-8.

    Examples
    --------
    >>> canonical({"b": 1, "a": "万"}).decode()
    '{"a":"万","b":1}'
    """
    return json.dumps(content, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def forget() -> None:
    """Start a new workbook: the next completion mark covers what is published from here on."""
    _published.clear()
    _named.clear()


def done(account) -> None:
    """Publish the completion mark: the account and one checksum over everything published before.

    Parameters
    ----------
    account : Pack
        The account pack that the workbook was made from.

    Notes
    -----
    A section that is run twice counts once, with its last content.
    """
    listed = "\n".join(f"{key} {digest}" for key, digest in sorted(_published.items()))
    checksum = hashlib.sha256(listed.encode()).hexdigest()
    columns = [column("account_id", "account_id"), column("published_count", "published_count", "count"), column("checksum", "checksum")]
    content = payload("done", "done", columns=columns, rows=[[account.account_id, len(_published), checksum]])
    display({MIME: content, "text/plain": f"done {checksum}", "text/html": Markup("<span class='kam-done'></span>")}, raw=True)


def _plain(value):
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, bool) or value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(value) else None
    return str(value)
