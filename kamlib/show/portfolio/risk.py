"""Who is in danger, what a year of losses would cost, and how deep relationships are for their age."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from kamlib.lifecycle import LIFECYCLE_STAGES, RELATIONSHIP_STAGES
from kamlib.playbook import playbook
from kamlib.show import reading, text
from kamlib.show.figures import png
from kamlib.show.portfolio import blocks, figures
from kamlib.show.portfolio.blocks import figure, lead, note, told, word
from kamlib.show.portfolio.left_out import leave_out
from kamlib.show.publish import column, payload, publish

MOST_ROWS = 15
LEVELS = ("red", "amber")
LOST = ("revenue_amount", "margin_amount", "target_amount")
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
    lost = {name: found["measures"][name] for name in LOST if name in found["measures"]}
    rows = [[word(portfolio, f"drill_of_{name}"), *(cells[key] for key, *_ in columns[1:])] for name, cells in lost.items()]
    drawn = note(word(portfolio, "drill_note", draws=blocks.count(portfolio, found["draws"]), seed=str(found["seed"])))
    sentences = [lead(sentence), *_concentration(portfolio, found["trend"])]
    blocks.section(portfolio, "portfolio_loss_drill", [*sentences, blocks.table(portfolio, columns, rows), drawn])
    _publish_curve(portfolio, found["curve"], revenue)


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


def _concentration(portfolio, trend: list[dict]) -> Iterator[dict]:
    """Say how the largest customer's share has moved over the quarterly dates that are measured."""
    if len(trend) > 1:
        first, last = (text.number(trend[place]["largest_revenue_share"], "share", language=portfolio.language) for place in (0, -1))
        yield lead(word(portfolio, "drill_trend", quarters=blocks.count(portfolio, len(trend)), then=first, now=last))


def _publish_curve(portfolio, curve: dict, revenue: dict) -> None:
    title, frame = word(portfolio, "drill_figure"), pd.DataFrame(curve)
    most = max(frame["revenue_amount"].max(), revenue["largest"])
    scale, unit, _ = text.money_scale(most, portfolio.currency, language=portfolio.language)
    named = {key: (word(portfolio, f"drill_{key}"), _money(portfolio, revenue[key])) for key in ("mean", "worst", "largest")}
    marks = [(revenue[key] / scale, word(portfolio, "drill_mark", name=name, amount=amount)) for key, (name, amount) in named.items()]
    drawn = frame.assign(revenue_amount=frame["revenue_amount"] / scale)
    ax = figures.plot_exceedance(drawn, marks=marks, across=word(portfolio, "drill_across", unit=unit), heading=title)
    columns = [column("revenue_amount", word(portfolio, "drill_of_revenue_amount"), "amount"), column("beyond_share", title, "share")]
    content = payload("figure", "figure_drill", title=title, columns=columns, rows=frame.to_numpy().tolist())
    publish(content, plain="; ".join([title, *(words for _, words in marks)]), png=png(ax.figure))


def _risk_row(portfolio, row: dict) -> list:
    signal, known = row["main_signal"], isinstance(row["main_signal"], str)
    name = reading.label(portfolio, f"{signal}_signal") if known else ""
    move = text.closed(playbook("warning")[signal]["move"][portfolio.language]) if known else ""
    names = dict(zip(portfolio.managers.get("manager_id", []), portfolio.managers.get("name", []), strict=True))
    key = row["manager_id"] if isinstance(row["manager_id"], str) else ""
    named = names.get(key)
    manager = named if isinstance(named, str) else key
    return [row["name"], manager, row["revenue_amount"], row["revenue_at_risk_amount"], row["loss_risk"], name, move]


def _money(portfolio, amount: float) -> str:
    return text.number(amount, "amount", language=portfolio.language, currency=portfolio.currency)
