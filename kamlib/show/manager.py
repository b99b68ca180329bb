"""One manager's review: accounts, targets, hours, pay, and what would earn more."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pandas as pd
from markupsafe import Markup

from kamlib.playbook import playbook
from kamlib.show import html, reading, text
from kamlib.show.figures import panels, png, write_foot, write_heading
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import lead, note, told, word
from kamlib.show.provenance import publish_receipts
from kamlib.show.publish import column, payload, publish
from kamlib.show.statement import money as exact_money
from kamlib.show.theme import ACCENT, FAINT, INK

MOST_ROWS = 15
SMALLEST_GAIN = 0.5  # less would be written as 0
TICKS = (0.6, 0.8, 1.0, 1.2, 1.4)


def first_page(manager) -> None:
    """Publish who it is, what the accounts bring, how full the hours are, and what the last period paid."""
    accounts = manager.accounts
    places = {"count": blocks.count(manager, len(accounts))}
    places |= {name: blocks.figure(manager, metric) for name, metric in (("revenue", "revenue_amount"), ("risk", "revenue_at_risk_amount"))}
    paragraphs = [told(manager, "manager_lead", **places), *_load(manager)]
    if manager.pay:
        paid = _money(manager, manager.pay["total"])
        paragraphs.append(word(manager, "manager_paid", period=manager.pay["period"], amount=paid))
    day = reading.say(manager, "as_of", day=text.day(manager.as_of, language=manager.language))
    kicker = [word(manager, "manager_kicker"), day, manager.engagement] + ([reading.say(manager, "synthetic")] if manager.synthetic else [])
    title = word(manager, "manager_first_page")
    markup = html.page("opening", manager, key="manager_first_page", kicker=kicker, paragraphs=paragraphs)
    publish(payload("section", "manager_first_page", title=title), html=markup, plain=Markup(" ").join(paragraphs).striptags())


def accounts(manager) -> None:
    """Publish the accounts, the largest first, with what is to be minded."""
    units = {"revenue_amount": "amount", "growth_rate": "rate", "margin_rate": "rate", "cadence_compliance_rate": "rate"}
    labels = {name: reading.label(manager, name) for name in units} | {"cadence_compliance_rate": word(manager, "manager_kept")}
    columns = [("name", word(manager, "account"), "text"), ("segment", word(manager, "segment"), "text")]
    columns += [(name, labels[name], unit) for name, unit in units.items()]
    columns += [("risk_level", reading.label(manager, "risk_level"), "text"), ("workload_hours", word(manager, "manager_hours"), "count")]
    listed = manager.accounts
    rows = [_account(manager, row, units) for row in listed.head(MOST_ROWS).to_dict("records")]
    rest = listed.iloc[MOST_ROWS:]
    more = word(manager, "manager_further", count=blocks.count(manager, len(rest)))
    further = [[more, "", rest["revenue_amount"].sum(), None, None, None, "", rest["workload_hours"].sum()]] if len(rest) else []
    blocks.section(manager, "manager_accounts", [blocks.table(manager, columns, rows, rest=further, style="kam-dense")])


def card(manager) -> None:
    """Publish the targets of the year beside what twelve months reached."""
    if not manager.card:
        return blocks.section(manager, "manager_card", [lead(word(manager, "manager_card_none"))])
    columns = [("metric", word(manager, "measure"), "text")]
    columns += [
        (name, word(manager, f"manager_{label}"), "written")
        for name, label in (("floor", "floor"), ("target", "target"), ("value", "reached"))
    ]
    columns.append(("score", word(manager, "manager_score"), "score"))
    rows = []
    for entry in manager.card:
        metric = entry["metric"]
        floor, target, value = (reading.write(manager, metric, entry[name]) for name in ("floor", "target", "value"))
        reached = html.figure_span(metric, value) if reading.score_of(manager, metric) else value
        rows.append([reading.label(manager, metric), floor, target, reached, entry["score"]])
    return blocks.section(manager, "manager_card", [blocks.table(manager, columns, rows), *_off_quota(manager), *_appraisal(manager)])


def capacity(manager) -> None:
    """Publish the hours of the accounts against those that are there, and the moves of the best assignment."""
    found = manager.capacity
    hours, needed, count = (blocks.count(manager, found[name]) for name in ("all_hours", "managers_needed", "managers_count"))
    sentences = [*(lead(words) for words in _load(manager)), note(word(manager, "manager_all", hours=hours, needed=needed, count=count))]
    if not found["moves"]:
        return blocks.section(manager, "manager_capacity", [*sentences, note(word(manager, "manager_stay"))])
    columns = [
        ("name", word(manager, "manager_move"), "text"),
        ("from", word(manager, "manager_from"), "text"),
        ("to", word(manager, "manager_to"), "text"),
    ]
    columns += [("hours", word(manager, "manager_hours"), "count"), ("fit", word(manager, "manager_fit"), "text")]
    blank = reading.say(manager, "nothing")
    shown = found["moves"][:MOST_ROWS]
    rows = [[move["name"], move["from_name"] or blank, move["to_name"], move["hours"], _fit(manager, move)] for move in shown]
    return blocks.section(
        manager, "manager_capacity", [*sentences, blocks.table(manager, columns, rows), note(word(manager, "manager_moves_note"))]
    )


def pay(manager) -> None:
    """Publish every step of the last period's pay."""
    if not manager.pay or not any(plan["steps"] for plan in manager.pay["plans"]):
        return blocks.section(manager, "manager_pay", [lead(word(manager, "manager_pay_none"))])
    columns = [("step", word(manager, "pay_line"), "text"), ("amount", word(manager, "pay_amount"), "written")]
    rows = [row for plan in manager.pay["plans"] for row in _steps(manager, plan)]
    paid = word(manager, "manager_paid", period=manager.pay["period"], amount=_exact(manager, manager.pay["total"]))
    return blocks.section(manager, "manager_pay", [lead(paid), blocks.table(manager, columns, rows)])


def earns_more(manager) -> None:
    """Publish what more attainment would pay, where it pays nothing, where pay jumps, and the curve."""
    plans = [plan for plan in (manager.pay or {"plans": []})["plans"] if plan["curve"]]
    if not plans:
        return blocks.section(manager, "manager_more", [lead(word(manager, "manager_more_none"))])
    blocks.section(manager, "manager_more", [lead(words) for plan in plans for words in _more(manager, plan)])
    return _publish_curve(manager, max(plans, key=lambda plan: plan["curve"][-1][1]))


def care(manager) -> None:
    """Publish roles that nobody holds, accounts visited behind the manager's back, and accounts that are served twice."""
    roles, frame = playbook("roles"), manager.accounts
    comma, lines = reading.say(manager, "comma"), []
    lacking = frame[frame["missing_roles"].fillna("") != ""]
    named = [
        (row["name"], comma.join(roles[role][manager.language] for role in row["missing_roles"].split()))
        for row in lacking.to_dict("records")
    ]
    listed = [word(manager, "manager_roles_of", name=name, roles=missing) for name, missing in named]
    lines += [word(manager, "manager_roles", listed=blocks.names(manager, listed, most=6))] if listed else []
    alone = frame[frame["uncoordinated_count"] > 0].sort_values("uncoordinated_count", ascending=False, kind="stable").to_dict("records")
    listed = [word(manager, "manager_alone_of", name=row["name"], count=blocks.count(manager, row["uncoordinated_count"])) for row in alone]
    lines += [word(manager, "manager_alone", listed=blocks.names(manager, listed, most=6))] if listed else []
    listed = [word(manager, "manager_conflict_of", name=pair["name"], other=pair["other_name"]) for pair in manager.conflicts]
    lines += [word(manager, "manager_conflict", listed=blocks.names(manager, listed, most=6))] if listed else []
    blocks.section(manager, "manager_care", [lead(words) for words in lines] or [lead(word(manager, "manager_care_fine"))])


def receipts(manager) -> None:
    """Publish how each number came about, folded: of the targets' metrics, of what the page names, of each section."""
    publish_receipts(manager, [entry["metric"] for entry in manager.card])


def _fit(manager, move: dict) -> str:
    """Write how well the manager fits before and after; a move that only evens out hours leaves it as it is."""
    before, after = (text.decimal(move[name], 2, language=manager.language) for name in ("fit_before", "fit_after"))
    return word(manager, "manager_same_fit", fit=after) if before == after else f"{before} → {after}"


def _off_quota(manager) -> list[dict]:
    """Say which quotas the targets of the accounts do not add up to."""
    lines = []
    for metric, period, quota, accounts_sum in manager.off_quota:
        places = {"metric": reading.inside(manager, metric), "period": period}
        places |= {"quota": _money(manager, quota), "sum": _money(manager, accounts_sum)}
        lines.append(note(word(manager, "manager_off_quota", **places)))
    return lines


def _appraisal(manager) -> list[dict]:
    """Say what the appraisal form adds up to, and which competencies are weakest; it stands apart from pay."""
    found = manager.appraisal
    if not found or found["score"] is None:
        return []
    parts = {name: text.number(found[name], "score", language=manager.language) for name in ("score", "kpi", "competence", "conduct")}
    weakest = min(found["levels"].values(), default=None)
    names = {entry["id"]: entry["name"][manager.language] for entry in playbook("readiness")["competencies"]}
    low = blocks.names(manager, [text.inside(names[name]) for name, level in found["levels"].items() if level == weakest])
    return [lead(word(manager, "manager_appraisal", **parts)), note(word(manager, "manager_appraisal_note", names=low))]


def _load(manager) -> Iterator[str]:
    found = manager.capacity
    if found["capacity"]:
        hours, there = (blocks.count(manager, found[name]) for name in ("hours", "capacity"))
        rate = text.number(found["hours"] / found["capacity"], "share", language=manager.language)
        yield word(manager, "manager_load", hours=hours, capacity=there, rate=rate)


def _account(manager, row: dict, units: dict) -> list:
    segment = reading.class_words(row["segment"], "segment", language=manager.language) if isinstance(row["segment"], str) else ""
    risk = reading.class_words(row["risk_level"], "risk_level", language=manager.language) if isinstance(row["risk_level"], str) else ""
    return [row["name"], segment, *(row[name] for name in units), risk, row["workload_hours"]]


def _steps(manager, plan: dict) -> Iterator[list]:
    yield [Markup("<b>{}</b>").format(plan["name"][manager.language]), ""]
    shown_only = ("credited", "brought", "earlier_base", "quota")
    credited = None
    for step in plan["steps"]:
        if (
            step["id"] == "rounding"
            or (step["id"] == "base" and step["amount"] == credited)
            or (step["id"] == "tier" and not step["places"]["rate"])
        ):
            continue
        credited = step["amount"] if step["id"] == "credited" else credited
        yield [_step_words(manager, step), _step_amount(manager, step, shown_only)]
    if plan["note"]:
        yield [word(manager, f"pay_note_{plan['note']}"), ""]
    elif plan["paid"] is not False:
        yield [word(manager, "pay_total"), _exact(manager, plan["paid"])]


def _step_words(manager, step: dict) -> str:
    places = step["places"]
    key = f"pay_step_{step['id']}"
    if step["id"] == "tier":
        key += ("_open" if places["start"] else "_whole") if places["end"] is None else ("" if places["start"] else "_first")
    shares = {"rate", "start", "end", "payout"}
    shown = {name: _share(manager, value) if name in shares and value is not None else value for name, value in places.items()}
    shown |= {name: _exact(manager, places[name]) for name in ("amount", "base", "pool", "price") if places.get(name) is not None}
    words = word(manager, key, **{name: str(value) for name, value in shown.items()})
    return f"{words}: {shown['base']} × {shown['rate']}" if step["id"] == "tier" else words


def _step_amount(manager, step: dict, shown_only: tuple) -> str:
    if step["id"] == "attainment":
        return _share(manager, step["places"]["rate"])
    return "" if step["amount"] is None else _exact(manager, step["amount"])


def _more(manager, plan: dict) -> Iterator[str]:
    name = plan["name"][manager.language]
    now = next((step["places"]["rate"] for step in plan["steps"] if step["id"] == "attainment"), None)
    grid, pays = np.array(plan["curve"]).T
    if now is not None and grid[0] <= now < grid[-1]:
        points = min(0.1, grid[-1] - now)
        gain = float(np.interp(now + points, grid, pays) - np.interp(now, grid, pays))
        shown = text.decimal(100 * points, 0, language=manager.language)
        if gain >= SMALLEST_GAIN:
            yield word(manager, "manager_more_now", plan=name, now=_share(manager, now), points=shown, gain=_money(manager, gain))
    for at, jump in plan["cliffs"]:
        yield word(manager, "manager_more_cliff", plan=name, at=_share(manager, at), amount=_money(manager, jump))
    for start, end in plan["dead_zones"]:
        yield word(manager, "manager_more_flat", plan=name, start=_share(manager, start), end=_share(manager, end))


def _publish_curve(manager, plan: dict) -> None:
    title = word(manager, "manager_curve")
    frame = pd.DataFrame(plan["curve"], columns=["attainment", "pay_amount"])
    ax = panels(1.6)[1][0]
    ax.set_axis_off()
    ax.set_xlim(0.58, 1.42)
    ax.set_ylim(0, float(frame["pay_amount"].max()) * 1.2 or 1.0)
    ax.plot((0.6, 1.4), (0, 0), color=FAINT, linewidth=0.8)
    ax.plot(frame["attainment"], frame["pay_amount"], color=ACCENT, linewidth=1.8)
    now = next((step["places"]["rate"] for step in plan["steps"] if step["id"] == "attainment"), None)
    if now is not None and 0.6 <= now <= 1.4:
        level = float(np.interp(now, frame["attainment"], frame["pay_amount"]))
        ax.plot([now], [level], marker="o", markersize=5, color=INK, linestyle="none")
        ax.text(now, level, f"  {_share(manager, now)}", va="top", fontsize=8.5, color=INK)
    write_heading(ax, title)
    write_foot(ax, TICKS, [f"{tick:.0%}" for tick in TICKS])
    columns = [
        column("attainment", word(manager, "pay_step_attainment"), "share"),
        column("pay_amount", word(manager, "pay_total"), "amount"),
    ]
    content = payload("figure", "figure_pay", title=title, columns=columns, rows=frame.to_numpy().tolist())
    publish(content, plain=f"{title}: {plan['name'][manager.language]}", png=png(ax.figure))


def _money(manager, amount: float) -> str:
    return text.number(amount, "amount", language=manager.language, currency=manager.currency)


def _exact(manager, amount: float) -> str:
    return exact_money(Decimal(repr(float(amount))), currency=manager.currency, language=manager.language)


def _share(manager, share: float) -> str:
    return text.number(share, "share", language=manager.language)
