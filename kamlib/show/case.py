"""Company A: what its data show, the evidence for each finding, and the counter-test with each problem left out."""

from __future__ import annotations

from markupsafe import Markup

from kamlib.playbook import playbook
from kamlib.show import html, reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import lead, note, word
from kamlib.show.provenance import publish_receipts
from kamlib.show.publish import payload, publish


def story(case) -> None:
    """Publish what the case is about and how many findings its data show."""
    revenue = text.number(case.revenue_amount, "amount", language=case.language, currency=case.currency)
    sentences = [word(case, "case_story", count=case.accounts_count, revenue=revenue)]
    sentences.append(word(case, "case_found", count=len(case.levers["findings"])))
    kicker = [word(case, "case_kicker"), reading.say(case, "synthetic")]
    markup = html.page("opening", case, key="case_story_page", kicker=kicker, paragraphs=sentences)
    publish(payload("section", "case_story_page", title=case.name), html=markup, plain=Markup(" ").join(sentences).striptags())


def evidence(case) -> None:
    """Publish each finding with the checks that show it, what the data say, and what mends it."""
    checks = {check["id"]: check for lever in playbook("levers")["levers"] for check in lever["checks"]}
    scores = {name: place for place, name in enumerate(case.levers["checks"]["check"])}
    columns = [(key, word(case, label), unit) for key, label, unit in COLUMNS]
    rows = []
    for found in playbook("levers")["findings"]:
        if found["id"] in case.levers["findings"]:
            for name in found["checks"]:
                cells = {key: values[scores[name]] for key, values in case.levers["checks"].items()}
                said = _said(case, checks[name], cells)
                entry = checks[name]
                rows.append([found["name"][case.language], entry["name"][case.language], said, entry["remedy"][case.language]])
    blocks.section(case, "case_evidence", [blocks.table(case, columns, rows)])


def counter_test(case) -> None:
    """Publish which findings remain when one problem is left out of the data."""
    names = {entry["id"]: entry["name"][case.language] for entry in playbook("levers")["findings"]}
    columns = [("without", word(case, "case_without"), "text")]
    columns += [(key, str(place), "text") for place, key in enumerate(case.planted, start=1)]
    rows = []
    for problem in case.planted:
        cells = [word(case, "case_stands") if key in case.without[problem] else word(case, "case_gone") for key in case.planted]
        rows.append([names[problem], *cells])
    legend = blocks.names(case, [f"{place} {names[key]}" for place, key in enumerate(case.planted, start=1)])
    blocks.section(case, "case_counter_test", [lead(word(case, "case_counter_words")), blocks.table(case, columns, rows), note(legend)])


def receipts(case) -> None:
    """Publish how the numbers of each section came about, folded."""
    publish_receipts(case)


COLUMNS = (
    ("finding", "case_finding", "text"),
    ("check", "lever_check", "text"),
    ("said", "case_said", "text"),
    ("remedy", "lever_remedy", "text"),
)


def _said(case, entry: dict, cells: dict) -> str:
    if cells["value"] is None:
        return word(case, "case_rated", level=blocks.count(case, cells["level"]))
    places = {"share": text.number(cells["value"], "share", language=case.language)}
    places["ratio"] = text.decimal(cells["value"], 2, language=case.language)
    return text.fill(entry["says"][case.language], **places)
