"""How the company is set up for key accounts: the six levers, its own readiness, and what its pay plans make people do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from kamlib.playbook import playbook
from kamlib.show import reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import lead, note, word
from kamlib.show.portfolio.left_out import leave_out

REMEDIES = 6


def six_levers(portfolio) -> None:
    """Publish readiness and effort of the six levers, and the checks that hold them back most with what mends them."""
    if leave_out(portfolio, "portfolio_six_levers"):
        return
    found, names = pd.DataFrame(portfolio.levers["levers"]), _names("levers", "levers")
    columns = [("lever", word(portfolio, "lever"), "text")]
    columns += [("readiness", word(portfolio, "lever_readiness"), "score"), ("known", word(portfolio, "lever_known"), "text")]
    columns += [("effort", word(portfolio, "lever_effort"), "share"), ("waits", word(portfolio, "lever_waits"), "text")]
    rows = [_lever_row(portfolio, row, names) for row in found.to_dict("records")]
    sentences = [lead(words) for words in _verdict(portfolio, found, names)]
    checks = pd.DataFrame(portfolio.levers["checks"])
    worst = checks.dropna(subset=["score"]).sort_values(["score", "check"], kind="stable").head(REMEDIES)
    worst = worst[worst["score"] < 75]
    book = {check["id"]: check for lever in playbook("levers")["levers"] for check in lever["checks"]}
    listed = [_check_row(portfolio, row, book[row["check"]]) for row in worst.to_dict("records")]
    labels = [("check", "lever_check", "text"), ("score", "lever_score", "score")]
    labels += [("evidence", "lever_evidence", "text"), ("remedy", "lever_remedy", "text")]
    shown = [(key, word(portfolio, label), unit) for key, label, unit in labels]
    weakest = [blocks.table(portfolio, shown, listed, heading=word(portfolio, "lever_weakest"), key="checks")] if listed else []
    blocks.section(portfolio, "portfolio_six_levers", [*sentences, blocks.table(portfolio, columns, rows), *weakest, _rated(portfolio)])


def company_ready(portfolio) -> None:
    """Publish how ready the company is, the weakest obstacle first, who owns incidents, and how the change is told."""
    if leave_out(portfolio, "portfolio_company_ready"):
        return
    book, language = playbook("readiness"), portfolio.language
    homes = {home["id"]: home for home in book["obstacles"]}
    rows = []
    for row in pd.DataFrame(portfolio.levers["readiness"]).to_dict("records"):
        home = homes[row["obstacle"]]
        item = next((item for item in home["points"] if item["id"] == row["weakest"]), None)
        level = portfolio.levers["levels"].get(f"{row['obstacle']}.{row['weakest']}")
        stands = f"{item['name'][language]} ({level}/4)" if item else None
        rows.append([home["name"][language], row["readiness_score"], stands, item and item["remedy"][language]])
    columns = [("obstacle", word(portfolio, "ready_obstacle"), "text"), ("score", word(portfolio, "lever_readiness"), "score")]
    columns += [("weakest", word(portfolio, "ready_weakest"), "text"), ("remedy", word(portfolio, "lever_remedy"), "text")]
    sentences = [lead(word(portfolio, "ready_verdict", name=rows[0][0], item=rows[0][2]))] if rows[0][2] else []
    sentences += [lead(words) for words in _incidents(portfolio)]
    parts = [blocks.table(portfolio, columns, rows), *_communication(portfolio), _rated(portfolio)]
    blocks.section(portfolio, "portfolio_company_ready", [*sentences, *parts])


def pay_plans(portfolio) -> None:
    """Publish which principles the pay plans break, what the account plans are after and nobody is paid for, and what each plan pays."""
    if leave_out(portfolio, "portfolio_pay_plans"):
        return
    found, language = portfolio.pay_design, portfolio.language
    rules = {rule["id"]: (home, rule) for home in playbook("principles")["principles"] for rule in home["rules"]}
    judged = pd.DataFrame(found["principles"])
    columns = [("principle", word(portfolio, "design_principle"), "text"), ("rule", word(portfolio, "design_rule"), "text")]
    columns += [("state", word(portfolio, "design_state"), "text"), ("found", word(portfolio, "design_found"), "text")]
    rows = []
    for row in judged[judged["state"] != "kept"].to_dict("records"):
        home, rule = rules[row["rule"]]
        parts = [" ~ ".join(_metric_words(name, language) for name in part.split(" ~ ")) for part in (row["found"] or "").split(",")]
        named = blocks.names(portfolio, parts)
        rows.append([home["name"][language], text.closed(rule["name"][language]), word(portfolio, f"design_state_{row['state']}"), named])
    broken = int((judged["state"] == "broken").sum())
    sentences = [lead(word(portfolio, "design_verdict", kept=blocks.count(portfolio, (judged["state"] == "kept").sum()), broken=broken))]
    sentences += [lead(words) for words in _aligned(portfolio, pd.DataFrame(found["alignment"]))]
    listed = [blocks.table(portfolio, columns, rows)] if rows else []
    blocks.section(
        portfolio, "portfolio_pay_plans", [*sentences, *listed, *_beside(portfolio, pd.DataFrame(found["plans"]), found["names"])]
    )


def _lever_row(portfolio, row: dict, names: dict) -> list:
    waits = blocks.names(portfolio, [names[name][portfolio.language] for name in (row["waits_for"] or "").split()])
    known = f"{row['known_count']:.0f}/{row['checks_count']:.0f}"
    return [names[row["lever"]][portfolio.language], row["readiness_score"], known, row["effort_share"], waits or None]


def _verdict(portfolio, found: pd.DataFrame, names: dict) -> Iterator[str]:
    measured = found.dropna(subset=["readiness_score"])
    if len(measured) and measured["effort_share"].notna().any():
        first = measured.sort_values("effort_share", ascending=False, kind="stable").iloc[0]
        share = text.number(first["effort_share"], "share", language=portfolio.language)
        yield word(portfolio, "lever_verdict", name=text.inside(names[first["lever"]][portfolio.language]), share=share)
    book = _names("levers", "findings")
    stands = [text.inside(book[name][portfolio.language]) for name in portfolio.levers["findings"]]
    if stands:
        yield word(portfolio, "lever_findings", listed=reading.say(portfolio, "semicolon").join(stands))


def _check_row(portfolio, row: dict, entry: dict) -> list:
    evidence = word(portfolio, f"lever_by_{row['evidence']}")
    name, remedy = (text.closed(entry[key][portfolio.language]) for key in ("name", "remedy"))
    return [name, row["score"], evidence, remedy]


def _rated(portfolio) -> dict:
    if not portfolio.levers["rated"]:
        return note(word(portfolio, "lever_not_rated"))
    day, by = portfolio.levers["rated"]
    return note(word(portfolio, "lever_rated", day=text.day(date.fromisoformat(day), language=portfolio.language), by=by))


def _incidents(portfolio) -> Iterator[str]:
    owned = portfolio.levers["incidents"]
    kinds = {entry["id"]: entry["name"][portfolio.language] for entry in playbook("coverage")["incidents"]}
    lacking = [name for kind, name in kinds.items() if kind not in owned]
    if owned and lacking:
        yield word(portfolio, "ready_incidents", listed=blocks.names(portfolio, lacking))
    elif owned:
        yield word(portfolio, "ready_incidents_all")


def _communication(portfolio) -> list[dict]:
    told = portfolio.levers["communication"]
    if not told:
        return []
    columns = [("part", word(portfolio, "ready_part"), "text"), ("text", word(portfolio, "ready_text"), "text")]
    language = portfolio.language
    rows = [[entry["name"][language], told.get(entry["id"]) or entry["ask"][language]] for entry in playbook("readiness")["communication"]]
    return [blocks.table(portfolio, columns, rows, heading=word(portfolio, "ready_communication"), key="communication")]


def _aligned(portfolio, aligned: pd.DataFrame) -> Iterator[str]:
    known = aligned["measure"].isin(list(playbook("metrics")))
    unpaid = aligned[known & (aligned["is_rewarded"] == 0)]["measure"].tolist()
    aimless = aligned[(aligned["is_rewarded"] == 1) & (aligned["accounts_count"] == 0)]["measure"].tolist()
    for key, metrics in (("design_ignored", unpaid), ("design_unasked", aimless)):
        if metrics:
            yield word(
                portfolio, key, listed=blocks.names(portfolio, [_metric_words(name, portfolio.language) for name in metrics], most=5)
            )


def _beside(portfolio, plans: pd.DataFrame, names: dict) -> list[dict]:
    if plans.empty:
        return []
    points = sorted(plans["attainment"].unique())
    columns = [("plan", word(portfolio, "design_plan"), "text")]
    columns += [(f"at_{point:.0%}", f"{point:.0%}", "amount") for point in points]
    paid = plans.pivot(index="plan", columns="attainment", values="pay_amount")
    rows = [[names[plan][portfolio.language], *paid.loc[plan, points].tolist()] for plan in plans["plan"].unique()]
    return [
        blocks.table(portfolio, columns, rows, heading=word(portfolio, "design_beside"), key="plans"),
        note(word(portfolio, "design_beside_note")),
    ]


def _metric_words(name: str, language: str) -> str:
    return text.metric_name(name, language=language) if name in playbook("metrics") else name


def _names(book: str, group: str) -> dict[str, dict]:
    return {entry["id"]: entry["name"] for entry in playbook(book)[group]}
