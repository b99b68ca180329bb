"""Rows of the workbook's tables: written for the reader, and the same as data."""

from __future__ import annotations

from kamlib.playbook import playbook
from kamlib.show import agenda, customer_value, early_warning, facts, html, knowledge, prices, reading, relationship, selection, text
from kamlib.show.publish import column
from kamlib.show.reading import label, say
from kamlib.warning import SIGNALS

STAGES = ("initial", "steady", "deep", "symbiosis")
QUALITY_COLUMNS = ("rows_read", "rows_used", "rows_filtered", "rows_duplicate", "rows_refused", "rows_after_as_of")
_OF_RISK = ("loss_risk", "risk_coverage_share", *(f"{name}_signal" for name in SIGNALS))
_OF_SECTIONS = (relationship, early_warning, customer_value, selection, knowledge, agenda, prices)
JUDGED = (*_OF_RISK, *(metric for section in _OF_SECTIONS for metric in section.SHOWN_METRICS))
ALWAYS_SHOWN = ("table", "rows_account", "rows_read", "rows_used")


def kpi_rows(account) -> list[dict]:
    """Return the ten KPIs, each followed by the readings that belong to it and were measured.

    Parameters
    ----------
    account : Pack
        The account pack.

    Returns
    -------
    list of dict
        ``number`` (1-10, blank for a further reading), ``metric``, ``name``, ``value``, ``change``,
        ``side``, ``spark``, ``median``, ``half``, ``extra``: written, escaped by the page.
    """
    rows = []
    for place, (metric, others) in enumerate(facts.KPIS.items(), start=1):
        rows.append(_kpi_row(account, metric, number=str(place)))
        rows += [_kpi_row(account, other, number="") for other in others if reading.figure(account, other) is not None]
    return rows


def kpi_data(account, rows: list[dict]) -> tuple[list[dict], list[list]]:
    """Return the columns and the plain numbers of the KPI table."""
    keys = {"metric": "kpi", "name": "kpi", "now": "now", "then": "against_year_ago", "median": "median"}
    columns = [column(key, say(account, words)) for key, words in keys.items()] + [column("unit", "unit")]
    data = []
    for row in rows:
        metric = row["metric"]
        readings = (reading.figure(account, metric), reading.year_ago(account, metric), account.benchmarks.get(metric, {}).get("median"))
        data.append([metric, row["name"], *readings, text.metric_unit(metric)])
    return columns, data


def ladder(account) -> list[dict]:
    """Return the four stages: name, months, aim, and which one the account is in."""
    language, own = account.language, reading.class_of(account, "lifecycle_stage")
    entries = [playbook("lifecycle")[stage] for stage in STAGES]
    starts = [int(account.policy[entry["entry"]]["value"]) if "entry" in entry else 0 for entry in entries]
    steps = []
    for stage, entry, low, high in zip(STAGES, entries, starts, [*starts[1:], None], strict=True):
        months = say(account, "from_to" if high else "from_on", low=low, high=high)
        steps.append({"name": entry["name"][language], "months": months, "aim": entry["aim"][language], "own": stage == own})
    return steps


def touches(account) -> list[list[str]]:
    """Return action, owner and cadence of every line of the stage and of earlier stages that still run (F34)."""
    own = reading.class_of(account, "lifecycle_stage")
    if own is None:
        return []
    reached = STAGES[: STAGES.index(own) + 1]
    lines = [line for stage in reversed(reached) for line in playbook("lifecycle")[stage]["lines"]]
    running = [line for line in lines if STAGES.index(line.get("until", own)) >= STAGES.index(own)]
    language = account.language
    return [[text.closed(line["action"][language]), line["owner"][language], cadence_words(line, language)] for line in running]


def signs(account) -> str:
    """Return the danger signs of the account's stage as one paragraph."""
    own = reading.class_of(account, "lifecycle_stage")
    found = playbook("lifecycle")[own].get("signs", []) if own else []
    return text.paragraph((text.closed(sign["sign"][account.language]) for sign in found), language=account.language)


def cadence_words(line: dict, language: str) -> str:
    """Write how often a line of the playbook is due.

    Examples
    --------
    >>> cadence_words({"every": {"months": 3}}, "en"), cadence_words({"once": {"days": 14}}, "zh")
    ('every 3 months', '一次，14天内')
    """
    if "once" in line:
        return text.say("once_days", language=language, n=line["once"]["days"])
    (unit, count), *_ = line["every"].items()
    special = f"every_{count}_{unit}"
    return text.say(special if special in text.words()["words"] else f"every_{unit}", language=language, n=count)


def quality(account) -> tuple[list[dict], list[list]]:
    """Return columns and rows of the tables behind the workbook: this account's rows, then the whole engagement's."""
    columns = [column("table", say(account, "table"))]
    columns += [column(key, say(account, key), "count") for key in ("rows_account", *QUALITY_COLUMNS)]
    rows = []
    for table, counts in account.quality.items():
        cells = [_number(counts.get(key, "")) for key in QUALITY_COLUMNS]
        rows.append([say(account, table, group="tables"), account.rows.get(table, ""), *cells])
    return columns, rows


def quality_view(account, columns: list[dict], rows: list[list]) -> dict:
    """Return headings, written rows and, for the columns left out because they hold nothing but zeros, a sentence."""
    kept = [place for place, entry in enumerate(columns) if entry["id"] in ALWAYS_SHOWN or any(row[place] for row in rows)]
    empty = [entry["label"] for place, entry in enumerate(columns) if place not in kept]
    zeros = say(account, "no_rows_were", columns=say(account, "comma").join(empty)) if empty else ""
    return {
        "columns": [columns[place]["label"] for place in kept],
        "rows": [[_cell_words(account, row[place]) for place in kept] for row in rows],
        "zeros": zeros,
    }


def unmeasured(account) -> dict[str, list[str]]:
    """Return for each reason the measures that have neither a number nor a class because of it."""
    found: dict[str, list[str]] = {}
    for metric in facts.shown_metrics():
        score = reading.score_of(account, metric)
        if score and not text.is_measured(score.value) and not score.text and score.note != "portfolio_measure":
            found.setdefault(reading.value_words(account, metric), []).append(label(account, metric))
    return found


def receipted(account) -> list[str]:
    """Return every metric of the first page and the KPI table, and those of the other sections that are measured."""
    printed = [metric for metric in JUDGED if reading.figure(account, metric) is not None or reading.class_of(account, metric)]
    return [metric for metric in dict.fromkeys([*facts.shown_metrics(), *printed]) if reading.score_of(account, metric)]


def _kpi_row(account, metric: str, *, number: str) -> dict:
    now, then = reading.figure(account, metric), reading.year_ago(account, metric)
    low, median, high = _benchmark_words(account, metric)
    return {
        "number": number,
        "metric": metric,
        "name": label(account, metric),
        "value": _customer_words(account, metric) or reading.value_words(account, metric),
        "measured": now is not None,
        "change": text.change(now, then, text.metric_unit(metric), language=account.language),
        "side": facts.side(account, metric),
        "spark": _spark(account, metric),
        "median": median,
        "half": say(account, "middle_half", low=low, high=high) if median else "",
        "extra": _extra(account, metric),
    }


def _benchmark_words(account, metric: str) -> tuple[str, str, str]:
    bench = account.benchmarks.get(metric)
    return tuple(reading.write(account, metric, bench[key]) if bench else "" for key in ("q1", "median", "q3"))


def _customer_words(account, metric: str) -> str:
    """Say new, kept or lapsed: a single account has no rate of new or kept customers (F12)."""
    status = reading.class_of(account, "customer_status")
    if status is None or metric not in ("new_customer_rate", "retention_rate"):
        return ""
    if metric == "new_customer_rate" and status != "new":
        return say(account, "not_new", group="classes")
    return say(account, "nothing") if metric == "retention_rate" and status == "new" else say(account, status, group="classes")


def _spark(account, metric: str):
    values = [value for _, value in account.trend(metric)]
    known = [value for value in values if text.is_measured(value)]
    if len(known) < 2:
        return ""
    ends = {"first": reading.write(account, metric, known[0]), "last": reading.write(account, metric, known[-1])}
    return html.sparkline(values, say(account, "trend_alt", **ends))


def _extra(account, metric: str) -> str:
    score, language = reading.score_of(account, metric), account.language
    if score is None or not text.is_measured(score.value):
        return ""
    words = [reading.code_words(score.note, language=language)] if score.note else []
    answers = reading.figure(account, "respondents_count") if metric == "satisfaction_score" else None
    if answers is not None:
        words.append(say(account, "answers", count=text.decimal(answers, 0, language=language)))
    if text.is_measured(score.coverage) and score.coverage < 1:
        words.append(say(account, "coverage", share=text.number(score.coverage, "share", language=language)))
    low, high = reading.figure(account, "nps_low_score"), reading.figure(account, "nps_high_score")
    if metric == "nps_score" and low is not None and high is not None:
        words.append(say(account, "interval", low=reading.write(account, metric, low), high=reading.write(account, metric, high)))
    return say(account, "comma").join(words)


def _cell_words(account, cell) -> str:
    return text.decimal(cell, 0, language=account.language) if isinstance(cell, int | float) else cell


def _number(cell):
    return sum(cell.values()) if isinstance(cell, dict) else cell
