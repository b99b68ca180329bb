"""Who is a key account, and how firm that choice is."""

from __future__ import annotations

from kamlib.selection import VERDICTS
from kamlib.show import reading
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import lead, note, word
from kamlib.show.portfolio.left_out import leave_out

MOST_ROWS = 15
FIRM_FROM, FIRM_TO = 0.05, 0.95


def qualified(portfolio) -> None:
    """Publish how many accounts are qualified, whose place hangs on the weights, and who leaves when one weight moves."""
    if leave_out(portfolio, "portfolio_qualified"):
        return
    accounts = portfolio.accounts
    counts = {name: blocks.count(portfolio, (accounts["qualification_verdict"] == name).sum()) for name in VERDICTS}
    unsure = accounts[accounts["top_draws_share"].between(FIRM_FROM, FIRM_TO)].sort_values(
        "top_draws_share", ascending=False, kind="stable"
    )
    columns = [
        ("name", word(portfolio, "account"), "text"),
        ("verdict", reading.label(portfolio, "qualification_verdict"), "text"),
        ("qualification_score", reading.label(portfolio, "qualification_score"), "score"),
        ("top_draws_share", reading.label(portfolio, "top_draws_share"), "share"),
        ("revenue_amount", reading.label(portfolio, "revenue_amount"), "amount"),
    ]
    rows = [_row(portfolio, row) for row in unsure.head(MOST_ROWS).to_dict("records")]
    firm = word(portfolio, "chosen_unsure", count=blocks.count(portfolio, len(unsure))) if rows else word(portfolio, "chosen_firm")
    shown = [blocks.table(portfolio, columns, rows)] if rows else []
    draws, seed = (portfolio.policy[f"stress.{name}"]["value"] for name in ("draws", "seed"))
    said = note(word(portfolio, "chosen_note", draws=blocks.count(portfolio, draws), seed=str(seed)))
    sentences = [lead(word(portfolio, "chosen_counts", **counts)), *_moves(portfolio), lead(firm)]
    blocks.section(portfolio, "portfolio_qualified", [*sentences, *shown, said])


def _row(portfolio, row: dict) -> list:
    verdict = reading.class_words(row["qualification_verdict"], "qualification_verdict", language=portfolio.language)
    return [row["name"], verdict, row["qualification_score"], row["top_draws_share"], row["revenue_amount"]]


def _moves(portfolio) -> list[dict]:
    """Name the criteria of which ten points more or less put somebody out."""
    moves = portfolio.table("weight_moves")
    if moves.empty:
        return [lead(word(portfolio, "chosen_nobody_leaves"))]
    out = moves.groupby("criterion", sort=False)["account_id"].nunique().sort_values(ascending=False, kind="stable")
    listed = [
        word(portfolio, "cut_count", path=_criterion(portfolio, name), count=blocks.count(portfolio, count)) for name, count in out.items()
    ]
    return [lead(word(portfolio, "chosen_leaves", listed=blocks.names(portfolio, listed)))]


def _criterion(portfolio, name: str) -> str:
    return reading.label(portfolio, f"{name}_score").partition(reading.say(portfolio, "colon"))[2]
