"""The quarterly value report, fit to be sent to the customer: what got better, what we delivered and taught, what is agreed next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from markupsafe import Markup

from kamlib.playbook import playbook
from kamlib.show import html, reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import figure, lead, note, told, word
from kamlib.show.provenance import publish_receipts
from kamlib.show.publish import payload, publish

DELIVERED = {
    "on_time_rate": "due_lines_count",
    "order_accuracy_rate": "stated_lines_count",
    "answered_24h_rate": "answer_judged_count",
    "solved_48h_rate": "solution_judged_count",
    "green_channel_rate": "green_judged_count",
}
SAME = 0.0005  # a change that would be written as 0.0 %


def report_page(report) -> None:
    """Publish for whom the report is, and how many agreed measures got better."""
    better = [entry for entry in report.outcomes if (entry["change_rate"] or 0) >= SAME]
    sentences = [word(report, "value_lead", count=len(report.outcomes), better=len(better))] if report.outcomes else []
    best = max(better, key=lambda entry: entry["change_rate"], default=None)
    if best:
        sentences.append(word(report, "value_best", measure=best["measure"], rate=_share(report, best["change_rate"])))
    if not sentences:
        sentences = [word(report, "value_no_measures")]
    by = [word(report, "value_by", name=report.manager["name"])] if report.manager["name"] else []
    kicker = [word(report, "value_kicker"), reading.say(report, "as_of", day=text.day(report.as_of, language=report.language))]
    kicker += [report.engagement, *by] + ([reading.say(report, "synthetic")] if report.synthetic else [])
    markup = html.page("opening", report, key="value_first_page", kicker=kicker, paragraphs=sentences)
    content = payload("section", "value_first_page", title=reading.say(report, "first_page"))
    publish(content, html=markup, plain=Markup(" ").join(sentences).striptags())


def measures(report) -> None:
    """Publish every agreed measure: before us, now, the change for the better, our agreed part."""
    if not report.outcomes:
        return blocks.section(report, "value_measures", [lead(word(report, "value_measures_none"))])
    units = {"measure": "text", "period": "text", "baseline": "written", "actual": "written", "change": "rate", "contribution": "rate"}
    columns = [(key, word(report, f"value_{key}"), unit) for key, unit in units.items()]
    rows = [_measure(report, place, entry) for place, entry in enumerate(report.outcomes, start=1)]
    worse = {(place, 4): "kam-worse" for place, entry in enumerate(report.outcomes) if (entry["change_rate"] or 0) <= -SAME}
    shown = [blocks.table(report, columns, rows, marks=worse), note(word(report, "value_measures_note"))]
    return blocks.section(report, "value_measures", shown)


def service(report) -> None:
    """Publish how we delivered and answered over twelve months."""
    shown = {metric: of for metric, of in DELIVERED.items() if reading.figure(report, metric) is not None}
    if not shown:
        return blocks.section(report, "value_service", [lead(word(report, "value_service_none"))])
    columns = [("metric", word(report, "value_promise"), "text"), ("kept", word(report, "value_kept"), "written")]
    columns.append(("of", word(report, "value_of"), "written"))
    rows = [[reading.label(report, metric), figure(report, metric), figure(report, of)] for metric, of in shown.items()]
    return blocks.section(report, "value_service", [blocks.table(report, columns, rows)])


def knowledge(report) -> None:
    """Publish what the customer learnt from us in twelve months, and by when it is due again."""
    lines = {line["id"]: line["name"][report.language] for line in playbook("enablement")["lines"]}
    columns = [(key, word(report, f"value_{key}"), "text") for key in ("enabled", "given", "last", "next_by")]
    rows = []
    for entry in report.enablement:
        given = word(
            report, "value_given_of", done=blocks.count(report, entry["done_count"]), granted=blocks.count(report, entry["granted_count"])
        )
        last = _day(report, entry["last_on"]) if entry["last_on"] else reading.say(report, "nothing")
        rows.append([lines[entry["line"]], given, last, _day(report, entry["next_by"])])
    blocks.section(report, "value_knowledge", [blocks.table(report, columns, rows)])


def attention(report) -> None:
    """Publish what the customer should look at on its own side, and the advice that we gave."""
    found = [lead(words) for words in _attention(report)]
    columns = [(key, word(report, f"value_{key}"), "text") for key in ("day", "advice", "effect")]
    blank = reading.say(report, "nothing")
    rows = [[_day(report, entry["date"]), entry["text"], entry["effect"] or blank] for entry in report.advice]
    given = [blocks.table(report, columns, rows)] if rows else []
    blocks.section(report, "value_attention", [*found, *given] or [lead(word(report, "value_attention_none"))])


def next_steps(report) -> None:
    """Publish what both sides have agreed."""
    blocks.section(report, "value_next", next_steps_parts(report))


def next_steps_parts(report) -> list[dict]:
    """Return what both sides have agreed as parts of a section."""
    columns = [("step", word(report, "value_step"), "text"), ("by", word(report, "value_until"), "text")]
    blank = reading.say(report, "nothing")
    rows = [[entry["text"], _day(report, entry["date"]) if entry["date"] else blank] for entry in report.agreed]
    return [blocks.table(report, columns, rows)] if rows else [lead(word(report, "value_next_none"))]


def sources(report) -> None:
    """Publish how each measure and each delivery figure was measured, folded."""
    publish_receipts(report, beside=[_counted(report, place, entry) for place, entry in enumerate(report.outcomes, start=1)])


def _counted(report, place: int, entry: dict) -> dict:
    """Return how the change of one agreed measure is counted."""
    numbers = {name: _with_unit(report, entry[name], entry["unit"]) for name in ("baseline", "actual")}
    key = "value_counted_no_rate" if entry["change_rate"] is None else f"value_counted_{entry['better']}"
    lines = [(reading.say(report, "counted"), word(report, key, period=entry["period"], **numbers))]
    if entry["agreed_contribution"] is not None:
        share = _share(report, entry["agreed_contribution"])
        lines.append((word(report, "value_contribution"), word(report, "value_counted_part", share=share)))
    change = "" if entry["change_rate"] is None else _share(report, entry["change_rate"])
    return {"metric": f"measure-{place}", "name": entry["measure"], "value": change, "lines": lines}


def _measure(report, place: int, entry: dict) -> list:
    numbers = [_with_unit(report, entry[name], entry["unit"]) for name in ("baseline", "actual")]
    change = word(report, "value_no_rate") if entry["change_rate"] is None else entry["change_rate"]
    name = Markup('<a class="kam-open" data-receipt="measure-{0}" href="#receipt-measure-{0}">{1}</a>').format(place, entry["measure"])
    return [name, entry["period"], *numbers, change, entry["agreed_contribution"]]


def _with_unit(report, value: float, unit: str) -> str:
    if unit == "share":
        return _share(report, value)
    number = text.decimal(value, 0 if abs(value) >= 1000 else 1, language=report.language)
    return number if unit in ("count", "number") else f"{number} {unit}"


def _attention(report) -> Iterator[str | Markup]:
    for kind, value in report.attention:
        if kind == "contract_end":
            yield word(report, "value_contract_end", day=_day(report, value))
        elif kind == "faults":
            yield told(report, "value_faults", count=blocks.count(report, value))
        else:
            yield word(report, "value_usage_up" if value > 0 else "value_usage_down", rate=_share(report, abs(value)))


def _share(report, share: float) -> str:
    return text.number(share, "share", language=report.language)


def _day(report, day: str) -> str:
    return text.day(date.fromisoformat(day[:10]), language=report.language)
