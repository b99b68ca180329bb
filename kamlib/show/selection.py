"""Whether the account is a key account and why, and what it could still buy."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from kamlib.segments import class_conflicts
from kamlib.selection import COMPONENTS
from kamlib.show import reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import figure, lead, note, told, word

GATES = ("fit_gate", "purchasing_gate", "continuity_gate")
MOST_LINES, WIDE_GAP = 8, 2
SHOWN_METRICS = (
    *("qualification_score", "qualification_verdict", "top_draws_share", "seller_score", "largest_order_share"),
    *("margin_contribution_share", "rating_gap_count"),
    *(f"{name}_score" for name in COMPONENTS),
    *("whitespace_amount", "whitespace_lines_count"),
)


def qualification(account) -> None:
    """Publish the verdict with its reasons, the gates, and each criterion with its weight.

    Parameters
    ----------
    account : Pack
    """
    if reading.figure(account, "qualification_score") is None:
        return blocks.section(account, "qualification", [lead(word(account, "key_open", needs=_needs(account)))])
    columns = [("criterion", word(account, "key_criterion"), "text"), ("score", word(account, "key_score"), "written")]
    columns.append(("weight", word(account, "key_weight"), "count"))
    weights = {name: account.policy[f"qualification.weights.{name}"]["value"] for name in COMPONENTS}
    weighed = [name for name in COMPONENTS if weights[name]]
    rows = [[_criterion(account, name), _scored(account, f"{name}_score"), float(weights[name])] for name in weighed]
    reasons = [lead(words) for words in _reasons(account)]
    beside = [note(words) for words in (_firmness(account), *_beside(account))]
    shown = [lead(_verdict(account)), *reasons, blocks.table(account, columns, rows), *beside]
    return blocks.section(account, "qualification", shown)


def whitespace(account) -> None:
    """Publish the product lines that it buys little or nothing of, with what peers spend on them.

    Parameters
    ----------
    account : Pack
        Its pack carries ``spare`` (`packs.spare.Spare`).
    """
    lines = [entry for entry in account.spare if entry["estimate_amount"]]
    if not lines:
        return blocks.section(account, "whitespace", [lead(_no_room(account))])
    columns = [
        ("product_line", word(account, "line_name"), "text"),
        ("state", word(account, "line_state"), "text"),
        ("bought_amount", word(account, "line_bought"), "amount"),
        ("estimate_amount", word(account, "line_estimate"), "amount"),
        ("range", word(account, "line_range"), "text"),
        ("adoption_share", word(account, "line_adoption"), "share"),
    ]
    rows = [_line(account, entry) for entry in lines[:MOST_LINES]]
    sentence = told(account, "line_verdict", room=figure(account, "whitespace_amount"), first=lines[0]["product_line"])
    return blocks.section(account, "whitespace", [lead(sentence), blocks.table(account, columns, rows), note(word(account, "line_note"))])


def _verdict(account) -> Markup:
    verdict = reading.class_of(account, "qualification_verdict")
    name = reading.class_words(verdict, "qualification_verdict", language=account.language)
    return told(account, "key_verdict", verdict=Markup("<b>{}</b>").format(name), score=figure(account, "qualification_score"))


def _reasons(account) -> Iterator[str]:
    for gate in GATES:
        passed = reading.figure(account, f"{gate}_flag")
        if passed == 0 or passed is None:
            yield word(account, f"key_{gate}_{'open' if passed is None else 'failed'}")
    share = reading.figure(account, "largest_order_share")
    if share is not None and share > account.policy["qualification.largest_order_share"]["value"]:
        yield told(account, "key_project", share=figure(account, "largest_order_share"))
    ready = reading.figure(account, "seller_score")
    if ready is not None and ready < account.policy["qualification.seller_score"]["value"]:
        yield told(account, "key_unready", score=figure(account, "seller_score"))
    if reading.figure(account, "bargaining_flag"):
        yield word(account, "key_bargaining")
    if reading.figure(account, "small_giant_flag"):
        yield word(account, "key_giant")

    yield from _conflict(account)


def _conflict(account) -> Iterator[str]:
    """Say that tier and segment disagree by two steps, which somebody has to decide (F18)."""
    named = {name: reading.class_of(account, name) for name in ("tier", "segment")}
    if not all(named.values()):
        return
    found = class_conflicts(pd.DataFrame([{"account_id": account.account_id, "revenue_amount": 0.0, **named}]))
    places = {name: text.inside(reading.class_words(key, name, language=account.language)) for name, key in named.items()}
    for conflict in found["conflict"]:
        yield word(account, f"key_{conflict}", **places)


def _beside(account) -> Iterator[str | Markup]:
    if reading.figure(account, "margin_contribution_share") is not None:
        yield told(account, "key_weight_in_result", share=figure(account, "margin_contribution_share"))
    if (reading.figure(account, "rating_gap_count") or 0) >= WIDE_GAP:
        yield told(account, "key_rating_gap", points=figure(account, "rating_gap_count"))


def _criterion(account, name: str) -> str:
    """Name a criterion without the word that tells it from other numbers."""
    words = reading.label(account, f"{name}_score").partition(reading.say(account, "colon"))[2]
    return words[:1].upper() + words[1:]


def _scored(account, metric: str) -> str | Markup:
    return figure(account, metric) if reading.figure(account, metric) is not None else reading.say(account, "not_measured")


def _needs(account) -> str:
    missing = [reading.value_words(account, f"{name}_score") for name in COMPONENTS if reading.figure(account, f"{name}_score") is None]
    return reading.say(account, "comma").join(dict.fromkeys(missing))


def _firmness(account) -> str | Markup:
    draws, seed = (account.policy[f"stress.{name}"]["value"] for name in ("draws", "seed"))
    if reading.figure(account, "top_draws_share") is None:
        return word(account, "key_unstressed")
    return told(account, "key_firm", share=figure(account, "top_draws_share"), draws=blocks.count(account, draws), seed=str(seed))


def _no_room(account) -> str:
    score = reading.score_of(account, "whitespace_amount")
    if score and (score.note or "").startswith(("no_table", "no_column")):
        return word(account, "section_open", reason=reading.value_words(account, "whitespace_amount"))
    return word(account, "line_none")


def _line(account, entry: dict) -> list:
    low, high = (reading.write(account, "whitespace_amount", entry[f"{edge}_amount"]) for edge in ("low", "high"))
    state = word(account, f"line_{entry['state']}")
    span = word(account, "line_between", low=low, high=high)
    adoption = text.number(entry["adoption_share"], "share", language=account.language)
    shown = word(account, "line_peers", share=adoption, count=blocks.count(account, entry["peers_count"]))
    return [entry["product_line"], state, entry["bought_amount"], entry["estimate_amount"], span, shown]
