"""The page that lists every workbook: to search, sort and filter, with the failures and their reasons."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import pandas as pd
from jinja2 import Environment, StrictUndefined
from ruamel.yaml import YAML

from kamlib.data.disk import write_whole
from kamlib.playbook import playbook
from kamlib.render.ledger import DONE, FAILED, Record
from kamlib.show import text

INDEX_NAME = "index.html"
COLUMNS = ("account", "revenue", "growth", "segment", "tier", "lifecycle", "status", "workbook")
FILTERS = ("segment", "tier", "lifecycle", "status")
WORDS_SHOWN = ("title", "synthetic", "search", "all", "shown", "none_shown", "receipts", "receipt_counts", "receipt_more")
METRICS = {"revenue": "revenue_amount", "growth": "growth_rate", "segment": "segment", "tier": "tier", "lifecycle": "lifecycle_stage"}
BOOKS = {"segment": "segments", "tier": "tiers", "lifecycle": "lifecycle"}
STATUSES = (FAILED, "pending", DONE)


@dataclass(frozen=True)
class Facts:
    """What the page says of the whole engagement.

    Parameters
    ----------
    engagement : str
        Its name.
    as_of : date
        The day at whose end the figures stand.
    currency : str
        ISO code.
    accounts_count, active_count : int
        Accounts, and those with revenue in the last twelve months.
    revenue_amount : float
        Their revenue in the last twelve months.
    synthetic : bool
        The data are made up and the page says so.
    """

    engagement: str
    as_of: date
    currency: str
    accounts_count: int
    active_count: int
    revenue_amount: float
    synthetic: bool = False


def write_index(
    folder: Path, facts: Facts, accounts: pd.DataFrame, records: Iterable[Record], *, expected: Collection[str] = (), language: str
) -> Path:
    """Write the page in one step and return its path; `index_page` has the parameters."""
    page = index_page(facts, accounts, records, expected=expected, language=language)
    write_whole(folder / INDEX_NAME, page.encode())
    return folder / INDEX_NAME


WORKBOOK = "account_workbook"
REVIEWS = ("portfolio_review", "backtest")
OF_MANAGERS = "manager_review"


def index_page(facts: Facts, accounts: pd.DataFrame, records: Iterable[Record], *, expected: Collection[str] = (), language: str) -> str:
    """Return the page as HTML that asks no host for anything and runs no script but its own.

    Parameters
    ----------
    facts : Facts
        Of the engagement.
    accounts : DataFrame
        Indexed by account id: ``name`` and, where they are measured, `METRICS` with their notes. More
        accounts than are listed may stand in it.
    records : iterable of Record
        The ledger; records of another engagement are left out.
    expected : collection of str
        Accounts that this run will still come to.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    str
        Failures first, then what is still to come, then by revenue. Every text is escaped.
    """
    listed: dict[str, list[Record]] = {account_id: [] for account_id in expected}
    reviews = []
    for record in records:
        if record.engagement == facts.engagement:
            is_review = record.notebook in (*REVIEWS, OF_MANAGERS)
            (reviews if is_review else listed.setdefault(record.account_id, [])).append(record)
    rows = [_row(account_id, found, accounts, facts, language) for account_id, found in listed.items()]
    rows.sort(key=lambda row: (row["status"]["order"], -(row["revenue"]["value"] or 0), row["account_id"]))
    style, script = _asset("index.css"), _asset("index.js")
    return _template().render(
        language=language,
        words={key: _say(key, language) for key in (*WORDS_SHOWN, *COLUMNS)},
        facts=_facts(facts, language),
        columns=COLUMNS,
        filters=[_filter(name, rows, language) for name in FILTERS],
        rows=rows,
        receipts=[_receipt(metric, language) for metric in METRICS.values()],
        reviews=[_review(record, len(reviews) > 1, language) for record in reviews],
        style=style,
        script=script,
        style_hash=_source_hash(style),
        script_hash=_source_hash(script),
    )


def _receipt(metric: str, language: str) -> dict:
    """Return how a column of the page comes about; each workbook says it of its own account with figures and rows."""
    words = f"{text.metric_meaning(metric, language=language)} [{playbook('metrics')[metric]['source']}]"
    return {"metric": metric, "name": text.metric_name(metric, language=language), "words": words}


def _row(account_id: str, records: list[Record], accounts: pd.DataFrame, facts: Facts, language: str) -> dict:
    known = accounts.loc[account_id] if account_id in accounts.index else pd.Series(dtype=object)
    name = known.get("name")
    name = account_id if name is None or pd.isna(name) else name
    failed = [record for record in records if record.status == FAILED]
    status = FAILED if failed else DONE if records else "pending"
    done = [record for record in records if record.status == DONE]
    days = sorted({record.as_of for record in done} - {facts.as_of.isoformat()})
    return {
        "account_id": account_id,
        "name": name,
        "text": f"{name} {account_id}".lower(),
        **{key: _cell(key, metric, known, facts.currency, language) for key, metric in METRICS.items()},
        "status": {"value": status, "label": _say(status, language), "order": STATUSES.index(status)},
        "reasons": list(dict.fromkeys(record.reason for record in failed)),
        "doubt": _say("suspect", language) if any(record.doubt for record in done) else "",
        "links": [link for record in done for link in _links(record, len(done) > 1, language)],
        "notes": [_say("earlier", language, day=text.short_day(date.fromisoformat(day), language=language)) for day in days],
    }


def _links(record: Record, several: bool, language: str) -> list[dict]:
    lead = f"{_say(f'in_{record.language}', language)} " if several else ""
    lead += f"{_say(record.notebook, language)} " if record.notebook not in (WORKBOOK, *REVIEWS, OF_MANAGERS) else ""
    lead += f"{_say('customer', language)} " if record.notebook == WORKBOOK and record.edition == "customer" else ""
    return [{"href": quote(entry["path"]), "label": lead + _say(ending, language)} for ending, entry in sorted(record.files.items())]


def _review(record: Record, several: bool, language: str) -> dict:
    label = _say(record.notebook, language)
    label += f" {record.account_id}" if record.notebook == OF_MANAGERS else ""
    return {"label": label, "reason": record.reason if record.status == FAILED else "", "links": _links(record, several, language)}


def _cell(key: str, metric: str, known: pd.Series, currency: str, language: str) -> dict:
    """Return what a cell shows, and what it is sorted and filtered by; nothing for an account that was set aside."""
    if known.empty:
        return {"value": "", "label": "", "order": ""}
    found = known.get(metric)
    if found is None or pd.isna(found):
        note, _, needed = str(known.get(f"{metric}_note") or "").partition(":")
        why = text.say(note, group="notes", language=language, input=needed) if note in text.words()["notes"] else ""
        return {"value": "", "label": why or text.say("not_measured", language=language), "order": ""}
    if key in BOOKS:
        book = playbook(BOOKS[key])
        label = book[found]["name"][language] if found in book else found
        return {"value": found, "label": label, "order": [*book, found].index(found)}
    unit = "amount" if key == "revenue" else "rate"
    return {"value": float(found), "label": text.number(found, unit, language=language, currency=currency)}


def _filter(name: str, rows: list[dict], language: str) -> dict:
    counts = Counter((row[name]["order"], row[name]["value"], row[name]["label"]) for row in rows if row[name]["value"])
    options = [{"value": value, "label": label, "count": count} for (_, value, label), count in sorted(counts.items())]
    return {"name": name, "label": _say(name, language), "options": options}


def _facts(facts: Facts, language: str) -> dict:
    revenue = text.number(facts.revenue_amount, "amount", language=language, currency=facts.currency)
    counts = {"accounts": f"{facts.accounts_count:,}", "active": f"{facts.active_count:,}"}
    return {
        "engagement": facts.engagement,
        "as_of": _say("as_of", language, day=text.day(facts.as_of, language=language)),
        "portfolio": _say("portfolio", language, revenue=revenue, **counts),
        "synthetic": facts.synthetic,
    }


def _say(key: str, language: str, **values: str) -> str:
    if key in BOOKS:
        return text.metric_name(METRICS[key], language=language)
    return text.fill(_words()[key][language], **values)


@cache
def _words() -> dict:
    return YAML(typ="safe").load(_asset("index_words.yaml"))


@cache
def _template():
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(_asset("index.html.j2"))


@cache
def _asset(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _source_hash(source: str) -> str:
    return "sha256-" + base64.b64encode(sha256(source.encode()).digest()).decode()
