"""How each number came about, in words: the receipts that a page ends with, for our own people and for the customer."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kamlib.playbook import playbook
from kamlib.receipts import Receipt, is_arithmetic
from kamlib.show import html, reading, text
from kamlib.show.portfolio.blocks import word
from kamlib.show.publish import named_receipts, payload, publish
from kamlib.show.reading import label, say

SECTION = "section-"
SIGNS = str.maketrans({"*": "×", "/": "÷"})
TITLES = {"value_first_page": "first_page", "case_story_page": "first_page", "agreed": "value_next"}
CUSTOMERS_TITLES = {"revenue_quarters": "purchases_quarters"}


def publish_receipts(account, metrics: Iterable[str] = (), *, beside: Iterable[dict] = ()) -> None:
    """Publish how each number of the page came about, folded.

    Parameters
    ----------
    account : Pack
    metrics : iterable of str
        Those that get a receipt whether or not the page names it.
    beside : iterable of dict
        Further entries as `metric_view` returns them, such as the measures agreed with a customer.

    Notes
    -----
    Which metrics and sections the page names is known once they are published, so that this section is the last.
    """
    named = named_receipts()
    wanted = dict.fromkeys([*metrics, *(name for name in named if name in playbook("metrics"))])
    data = [receipt_data(account, account.receipt(metric)) for metric in wanted if reading.score_of(account, metric)]
    sections = [name.removeprefix(SECTION) for name in named if name.startswith(SECTION)]
    entries = [*(metric_view(account, entry) for entry in data), *beside, *(section_view(account, key) for key in sections)]
    title = html.receipts_title(account)
    note = say(account, "receipts_note_customer" if account.edition == "customer" else "receipts_note")
    markup = html.page("receipts", account, entries=entries, title=title, note=note) if entries else ""
    publish(payload("section", "receipts", title=title, receipts=data), html=markup, plain=title)


def receipt_data(account, entry: Receipt) -> dict:
    """Return a receipt as it is published: of a policy value only the value; for the customer no rule and no source of ours."""
    policy = {path: leaf["value"] for path, leaf in entry.policy.items()}
    data = {**vars(entry), "parts": dict(entry.parts), "rows": dict(entry.rows), "policy": policy}
    return data | ({"policy": {}, "source": ""} if account.edition == "customer" else {})


def metric_view(account, entry: dict) -> dict:
    """Return one receipt as label and words, in the order a reader checks it."""
    language, metric, comma, colon = account.language, entry["metric"], say(account, "comma"), say(account, "colon")
    parts = [f"{_part_name(account, part)}{colon}{_part_words(account, part, value)}" for part, value in entry["parts"].items()]
    lines = {
        "meaning": _told(account, f"{metric}_meaning", text.metric_meaning(metric, language=language)),
        "formula": _formula_words(account, entry["formula"]),
        "figures": comma.join(parts),
        "rows": _rows_words(account, entry["rows"]),
        "policy": comma.join(f"{path} = {value}" for path, value in entry["policy"].items()),
        "covered": text.number(entry["coverage"], "share", language=language) if text.is_measured(entry["coverage"]) else "",
        "source": entry["source"],
    }
    name = _told(account, metric, label(account, metric))
    head = {"metric": metric, "name": name, "value": reading.value_words(account, metric)}
    return head | {"lines": _shown(account, lines)}


def section_view(account, section: str) -> dict:
    """Return how those numbers of a section come about that are no metric: rule, rows, policy values, source.

    Parameters
    ----------
    account : Pack
    section : str
        Id in playbook/sections.yaml.

    Returns
    -------
    dict
        As `metric_view`; the customer reads how it was counted and from how many rows.
    """
    entry = playbook("sections")[section]
    rows = {table: account.rows[table] for table in entry["tables"] if table in account.rows}
    if account.edition == "customer":
        lines = {"counted": text.closed(entry["customer"][account.language]), "rows": _rows_words(account, rows)}
    else:
        known = {path: account.policy[path]["value"] for path in entry["policy"] if path in account.policy}
        policy = say(account, "comma").join(f"{path} = {value}" for path, value in known.items())
        rule = text.closed(entry[account.language])
        lines = {"counted": rule, "rows": _rows_words(account, rows), "policy": policy, "source": entry["source"]}
    name = word(account, "receipt_section", name=_title(account, section))
    return {"metric": f"{SECTION}{section}", "name": name, "value": "", "lines": _shown(account, lines)}


def _told(account, key: str, usual: str) -> str:
    """Return what the customer's edition calls a metric, or how it explains it, where that is not what we say."""
    own = f"customer_{key}"
    return word(account, own) if account.edition == "customer" and own in text.words()["review"] else usual


def _title(account, section: str) -> str:
    titles = TITLES | (CUSTOMERS_TITLES if account.edition == "customer" else {})
    key = titles.get(section, section)
    return word(account, key) if key in text.words()["review"] else say(account, key)


def _shown(account, lines: dict[str, str]) -> list[tuple[str, str]]:
    return [(say(account, key), words) for key, words in lines.items() if words]


def _rows_words(account, rows: dict[str, int]) -> str:
    named = {say(account, table, group="tables"): text.decimal(count, 0, language=account.language) for table, count in rows.items()}
    return say(account, "comma").join(f"{name}{say(account, 'colon')}{count}" for name, count in named.items())


def _formula_words(account, formula: str) -> str:
    """Write an arithmetic formula with the names of its figures; one in words is left to the meaning."""
    if not is_arithmetic(formula):
        return ""
    named = re.sub(r"[a-z]\w+", lambda found: _part_name(account, found.group()), formula)
    return named.translate(SIGNS).replace(" - ", " − ")


def _part_name(account, part: str) -> str:
    return label(account, part) if part in playbook("metrics") else part


def _part_words(account, part: str, value) -> str:
    if part in playbook("metrics"):
        return reading.write(account, part, value)
    return text.decimal(value, 2, language=account.language) if text.is_measured(value) else say(account, "not_measured")
