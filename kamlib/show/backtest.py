"""The backtest for a sceptical reader: what was asked, what would have been flagged, what happened, where it fails."""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlib.show import html, reading, text
from kamlib.show.figures import png
from kamlib.show.portfolio import blocks, figures
from kamlib.show.portfolio.blocks import lead, note, word
from kamlib.show.provenance import publish_receipts
from kamlib.show.publish import column, payload, publish

SCORES = ("risk", "recency", "trend")


def question(tested) -> None:
    """Publish what is asked, of which data, and the answer in one sentence.

    Parameters
    ----------
    tested : Findings
        From `open_backtest`.
    """
    title = word(tested, "backtest_question")
    if tested.reason:
        paragraphs = [word(tested, "backtest_none", reason=tested.reason)]
    else:
        paragraphs = [_verdict(tested), _asked(tested), word(tested, "backtest_fair"), *_left_out(tested)]
    day = reading.say(tested, "as_of", day=text.day(tested.as_of, language=tested.language))
    kicker = [word(tested, "backtest_kicker"), day] + ([reading.say(tested, "synthetic")] if tested.synthetic else [])
    markup = html.page("backtest", tested, kicker=kicker, title=title, paragraphs=paragraphs)
    publish(payload("section", "backtest_question", title=title), html=markup, plain=f"{title} {paragraphs[0]}")


def comparison(tested) -> None:
    """Publish how well the risk ranks accounts, against two plain rules."""
    scores = _table(tested, "scores")
    if scores.empty:
        return blocks.section(tested, "backtest_comparison", [lead(word(tested, "backtest_too_few"))])
    rows = scores.set_index("id")
    columns = [("score", word(tested, "backtest_score"), "text")]
    columns += [(key, word(tested, f"backtest_{key}"), "written") for key in ("auc", "interval", "gain")]
    listed = [[word(tested, f"backtest_of_{name}"), *_area(tested, rows.loc[name], name)] for name in SCORES]
    count = blocks.count(tested, rows["rows_count"].iloc[0])
    return blocks.section(
        tested, "backtest_comparison", [blocks.table(tested, columns, listed), note(word(tested, "backtest_auc_note", count=count))]
    )


def levels(tested) -> None:
    """Publish of how many flags something came, and how many losses were flagged."""
    found = _table(tested, "levels")
    if found.empty:
        return blocks.section(tested, "backtest_levels", [lead(word(tested, "backtest_too_few"))])
    columns = [("level", word(tested, "backtest_level"), "text"), ("flagged", word(tested, "backtest_flagged"), "count")]
    columns += [(key, word(tested, f"backtest_{key}"), "written") for key in ("precision", "recall")]
    rows = [[word(tested, f"backtest_{row['id'].replace(' ', '_')}"), *_flags(tested, row)] for row in found.to_dict("records")]
    base = text.number(tested.events_count / tested.rows_count, "share", language=tested.language)
    sentence = word(tested, "backtest_levels_lead", base=base)
    return blocks.section(
        tested, "backtest_levels", [lead(sentence), blocks.table(tested, columns, rows), note(word(tested, "backtest_interval_note"))]
    )


def by_date(tested) -> None:
    """Publish the same date by date: a score that works on one day need not on another."""
    found = _table(tested, "per_date")
    if found.empty:
        return blocks.section(tested, "backtest_by_date", [lead(word(tested, "backtest_too_few"))])
    columns = [
        ("day", word(tested, "backtest_day"), "text"),
        ("rows_count", word(tested, "backtest_rows"), "count"),
        ("event_share", word(tested, "backtest_event_share"), "share"),
        ("precision_share", word(tested, "backtest_precision"), "share"),
        ("recall_share", word(tested, "backtest_recall"), "share"),
        *((f"auc_{name}", word(tested, f"backtest_of_{name}"), "chance") for name in SCORES),
    ]
    keys = [key for key, *_ in columns[1:]]
    days = [text.day(date.fromisoformat(day[:10]), language=tested.language) for day in found["day"]]
    rows = [[day, *cells] for day, cells in zip(days, found[keys].to_numpy().tolist(), strict=True)]
    shown = blocks.table(tested, columns, rows, style="kam-dense")
    return blocks.section(tested, "backtest_by_date", [shown, note(word(tested, "backtest_date_note"))])


def signals(tested) -> None:
    """Publish which signals were measured and lit, and how often a lit one was followed by a loss."""
    found = _table(tested, "signals")
    if found.empty:
        return blocks.section(tested, "backtest_signals", [lead(word(tested, "backtest_too_few"))])
    columns = [("signal", word(tested, "signal"), "text"), ("measured_count", word(tested, "backtest_measured"), "count")]
    columns += [("lit_count", word(tested, "backtest_lit"), "count"), ("precision_share", word(tested, "backtest_precision"), "share")]
    columns += [("auc", word(tested, "backtest_auc"), "chance")]
    names = [reading.label(tested, f"{name}_signal") for name in found["id"]]
    rows = [[name, *cells] for name, cells in zip(names, found[[key for key, *_ in columns[1:]]].to_numpy().tolist(), strict=True)]
    return blocks.section(tested, "backtest_signals", [blocks.table(tested, columns, rows), note(word(tested, "backtest_signals_note"))])


def lift(tested) -> None:
    """Publish what share was lost from the lowest tenth of the index to the highest."""
    found = _table(tested, "lift")
    if found.empty:
        return blocks.section(tested, "backtest_lift", [lead(word(tested, "backtest_too_few"))])
    columns = [("part", word(tested, "backtest_part"), "text"), ("rows_count", word(tested, "backtest_rows"), "count")]
    columns += [
        ("event_share", word(tested, "backtest_event_share"), "share"),
        ("lift_ratio", word(tested, "backtest_lift_ratio"), "ratio"),
    ]
    rows = [[str(int(float(part))), *cells] for part, *cells in found[["id", *[key for key, *_ in columns[1:]]]].to_numpy().tolist()]
    return blocks.section(tested, "backtest_lift", [blocks.table(tested, columns, rows), note(word(tested, "backtest_lift_note"))])


def calibration(tested) -> None:
    """Publish what share of accounts was lost at each index, and whether that helps on a date not used for it."""
    curve = _table(tested, "calibration")
    if curve.empty:
        return blocks.section(tested, "backtest_calibration", [lead(word(tested, "backtest_no_calibration"))])
    brier = {name: text.decimal(value, 3, language=tested.language) for name, value in tested.brier.items()}
    helps = tested.brier and tested.brier["calibrated"] < tested.brier["base_rate"]
    sentences = [lead(word(tested, "backtest_brier_better" if helps else "backtest_brier_worse", **brier))] if brier else []
    blocks.section(tested, "backtest_calibration", [*sentences, note(word(tested, "backtest_calibration_note"))])
    title = word(tested, "backtest_curve")
    places = {"heading": title, "across": word(tested, "backtest_across"), "even": word(tested, "backtest_even")}
    ax = figures.plot_calibration(curve, base=tested.events_count / tested.rows_count, base_words=word(tested, "backtest_base"), **places)
    columns = [column("risk", reading.label(tested, "loss_risk"), "index"), column("loss_rate", title, "share")]
    content = payload("figure", "figure_calibration", title=title, columns=columns, rows=curve[["risk", "loss_rate"]].to_numpy().tolist())
    return publish(content, plain=title, png=png(ax.figure))


def consequences(tested) -> None:
    """Publish what follows for who works with the score."""
    keys = ["backtest_then_index"] + ([] if tested.reason else ["backtest_then_reasons", f"backtest_then_{tested.verdict}"])
    blocks.section(tested, "backtest_consequences", [lead(word(tested, key)) for key in keys])


def receipts(tested) -> None:
    """Publish how the numbers of each section came about, folded."""
    publish_receipts(tested)


def _table(tested, name: str) -> pd.DataFrame:
    return pd.DataFrame() if tested.reason else tested.table(name)


def _verdict(tested) -> str:
    scores = _table(tested, "scores")
    if scores.empty:
        return word(tested, "backtest_verdict_too_few", events=blocks.count(tested, tested.events_count))
    rows = scores.set_index("id")
    areas = {name: text.decimal(rows.loc[name, "auc"], 2, language=tested.language) for name in SCORES}
    return word(tested, f"backtest_verdict_{tested.verdict}", **areas)


def _asked(tested) -> str:
    places = {name: blocks.count(tested, tested.data[name]) for name in ("accounts_count", "rows_count", "events_count", "lapsed_count")}
    days = [text.day(date.fromisoformat(day), language=tested.language) for day in (tested.dates[0], tested.dates[-1])]
    months = text.counted(tested.horizon, "months", language=tested.language)
    return word(
        tested, "backtest_asked", dates=blocks.count(tested, len(tested.dates)), first=days[0], last=days[1], months=months, **places
    )


def _left_out(tested) -> list[str]:
    if not tested.left_out:
        return []
    return [word(tested, "backtest_left_out", count=blocks.count(tested, len(tested.left_out)))]


def _area(tested, row: pd.Series, name: str) -> list[str]:
    decimal = [text.decimal(row[key], 2, language=tested.language) for key in ("auc", "low", "high", "gain", "gain_low", "gain_high")]
    gain = (
        word(tested, "backtest_gain_is", gain=decimal[3], low=decimal[4], high=decimal[5])
        if name != "risk"
        else reading.say(tested, "nothing")
    )
    return [decimal[0], word(tested, "backtest_between", low=decimal[1], high=decimal[2]), gain]


def _flags(tested, row: dict) -> list:
    return [row["flagged_count"], *(_share(tested, row, key) for key in ("precision", "recall"))]


def _share(tested, row: dict, key: str) -> str:
    if not text.is_measured(row[f"{key}_share"]):
        return reading.say(tested, "nothing")
    shown = [text.number(row[f"{key}_{part}"], "share", language=tested.language) for part in ("share", "low", "high")]
    return word(tested, "backtest_share_is", share=shown[0], low=shown[1], high=shown[2])
