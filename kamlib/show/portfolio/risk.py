"""Who is in danger, what a year of losses would cost, and how deep relationships are for their age."""

from __future__ import annotations

from kamlib.lifecycle import LIFECYCLE_STAGES, RELATIONSHIP_STAGES
from kamlib.playbook import playbook
from kamlib.show import reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import figure, lead, note, told, word
from kamlib.show.portfolio.left_out import leave_out

MOST_ROWS = 15
LEVELS = ("red", "amber")
SHOWN_METRICS = ("red_accounts_count", "red_revenue_amount", "amber_accounts_count", "amber_revenue_amount", "revenue_at_risk_amount")


def risk_radar(portfolio) -> None:
    """Publish accounts and revenue per level of risk, and the red and amber ones by the revenue that is at risk."""
    if leave_out(portfolio, "portfolio_risk_radar"):
        return
    accounts = portfolio.accounts
    lit = accounts[accounts["risk_level"].isin(LEVELS)].sort_values("revenue_at_risk_amount", ascending=False, kind="stable")
    gone, lit = lit[lit["revenue_amount"] <= 0], lit[lit["revenue_amount"] > 0]
    places = {name.rsplit("_", 1)[0]: figure(portfolio, name) for name in SHOWN_METRICS}
    columns = [
        ("name", word(portfolio, "account"), "text"),
        ("manager_id", word(portfolio, "manager_id"), "text"),
        ("revenue_amount", word(portfolio, "revenue_amount"), "amount"),
        ("revenue_at_risk_amount", reading.label(portfolio, "revenue_at_risk_amount"), "amount"),
        ("loss_risk", reading.label(portfolio, "loss_risk"), "index"),
        ("main_signal", word(portfolio, "main_signal"), "text"),
        ("counter_move", word(portfolio, "counter_move"), "text"),
    ]
    rows = [_risk_row(portfolio, row) for row in lit.head(MOST_ROWS).to_dict("records")]
    more = [note(word(portfolio, "risk_more", count=blocks.count(portfolio, len(lit) - MOST_ROWS)))] if len(lit) > MOST_ROWS else []
    more += [note(word(portfolio, "risk_gone", names=blocks.names(portfolio, gone["name"], most=MOST_ROWS)))] if len(gone) else []
    shown = [blocks.table(portfolio, columns, rows, style="kam-dense")] if rows else []
    words = [lead(told(portfolio, "risk_verdict", **places))]
    blocks.section(portfolio, "portfolio_risk_radar", [*words, *shown, *more, note(word(portfolio, "risk_index_note"))])


def loss_drill(portfolio) -> None:
    """Publish what a year of losses by chance would cost, what the worst year in twenty, and what the largest exit."""
    if leave_out(portfolio, "portfolio_loss_drill"):
        return
    found = portfolio.drill
    worst = portfolio.policy["drill.worst_share"]["value"]
    revenue = found["measures"]["revenue_amount"]
    shown = {key: blocks.strong(_money(portfolio, revenue[key])) for key in ("mean", "worst", "beyond", "largest")}
    share = text.number(revenue["largest"] / revenue["total"], "share", language=portfolio.language)
    once = blocks.count(portfolio, round(1 / (1 - worst)))
    sentence = told(portfolio, "drill_verdict", name=found["largest_exit"], share=share, once=once, **shown)
    columns = [("measure", word(portfolio, "drill_measure"), "text")]
    columns += [(key, word(portfolio, f"drill_{key}"), "amount") for key in ("mean", "worst", "beyond", "largest", "total")]
    rows = [[word(portfolio, f"drill_of_{name}"), *(cells[key] for key, *_ in columns[1:])] for name, cells in found["measures"].items()]
    draws = {"draws": blocks.count(portfolio, found["draws"]), "seed": str(found["seed"])}
    blocks.section(
        portfolio,
        "portfolio_loss_drill",
        [lead(sentence), blocks.table(portfolio, columns, rows), note(word(portfolio, "drill_note", **draws))],
    )


def stage_tenure(portfolio) -> None:
    """Publish how many accounts of each age stand at each stage of the relationship, and those far from where their age says."""
    if leave_out(portfolio, "portfolio_stage_tenure"):
        return
    accounts, language = portfolio.accounts, portfolio.language
    staged = accounts[accounts["relationship_stage"].notna()]
    columns = [("lifecycle_stage", word(portfolio, "by_tenure"), "text")]
    columns += [(stage, reading.class_words(stage, "relationship_stage", language=language), "count") for stage in RELATIONSHIP_STAGES]
    counts = staged.groupby(["lifecycle_stage", "relationship_stage"]).size()
    rows = [
        [playbook("lifecycle")[age]["name"][language], *(float(counts.get((age, stage), 0)) or None for stage in RELATIONSHIP_STAGES)]
        for age in LIFECYCLE_STAGES
    ]
    wide = portfolio.policy["relationship.wide_lag"]["value"]
    far = staged[staged["stage_lag"].abs() >= wide].sort_values("revenue_amount", ascending=False, kind="stable").head(MOST_ROWS)
    named = {
        key: blocks.names(portfolio, far.loc[mask, "name"])
        for key, mask in (("old", far["stage_lag"] > 0), ("young", far["stage_lag"] < 0))
    }
    lines = [lead(word(portfolio, f"tenure_{key}", names=names)) for key, names in named.items() if names]
    counted = word(portfolio, "tenure_staged", staged=blocks.count(portfolio, len(staged)), count=blocks.count(portfolio, len(accounts)))
    blocks.section(portfolio, "portfolio_stage_tenure", [lead(counted), blocks.table(portfolio, columns, rows), *lines])


def _risk_row(portfolio, row: dict) -> list:
    signal, known = row["main_signal"], isinstance(row["main_signal"], str)
    name = reading.label(portfolio, f"{signal}_signal") if known else ""
    move = playbook("warning")[signal]["move"][portfolio.language] if known else ""
    manager = row["manager_id"] if isinstance(row["manager_id"], str) else ""
    return [row["name"], manager, row["revenue_amount"], row["revenue_at_risk_amount"], row["loss_risk"], name, move]


def _money(portfolio, amount: float) -> str:
    return text.number(amount, "amount", language=portfolio.language, currency=portfolio.currency)
