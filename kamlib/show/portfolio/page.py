"""The first page of the review: three numbers and five conclusions."""

from __future__ import annotations

from markupsafe import Markup

from kamlib import selection
from kamlib.packs import review
from kamlib.playbook import playbook
from kamlib.show import facts, html, reading, text
from kamlib.show.page import HELD
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import figure, strong, told, word
from kamlib.show.publish import column, payload, publish
from kamlib.show.signs import LONGEST_QUARTER_DAYS

NUMBERS = ("revenue_amount", "net_retention_rate")
MIDDLE = ("margin_rate", "wallet_share", "retention_rate")
HEADS = 0.10
ALWAYS = ("facts_accounts", "facts_active", "facts_core")
STAKES = ("stopped", "dormant", "shrunk", "declining")


def first_page(portfolio) -> None:
    """Publish the page that says how the portfolio stands.

    Parameters
    ----------
    portfolio : Portfolio
        The portfolio pack, in the reader's language.
    """
    found, numbers = conclusions(portfolio), three_numbers(portfolio)
    view = {"kicker": _kicker(portfolio), "identity": identity(portfolio), "conclusions": found}
    markup = html.page("portfolio/first_page", portfolio, tiles=[_tile(portfolio, metric) for metric in numbers], **view)
    title = word(portfolio, "portfolio_first_page")
    columns = [column("question", title), column("answer", title)]
    rows = [[asked, answer.striptags()] for asked, answer in found]
    parts = [_number(portfolio, metric) for metric in numbers]
    content = payload("section", "portfolio_first_page", title=title, columns=columns, rows=rows, parts=parts)
    publish(content, html=markup, plain=f"{portfolio.name} · {rows[0][1]}")


def identity(portfolio) -> list[tuple[str, str]]:
    """Return what the portfolio consists of: accounts, active ones, core accounts, groups, managers."""
    accounts = portfolio.accounts
    found = {
        "facts_accounts": len(accounts),
        "facts_active": (accounts["revenue_amount"] > 0).sum(),
        "facts_core": (accounts["segment"] == "core").sum(),
        "facts_groups": len(portfolio.groups),
        "facts_managers": accounts["manager_id"].nunique(),
    }
    return [(word(portfolio, key), blocks.count(portfolio, number)) for key, number in found.items() if number or key in ALWAYS]


def three_numbers(portfolio) -> list[str]:
    """Choose revenue, the first of margin, wallet and retention that is measured, and net retention."""
    middle = next((metric for metric in MIDDLE if reading.figure(portfolio, metric) is not None), MIDDLE[0])
    return [NUMBERS[0], middle, NUMBERS[1]]


def conclusions(portfolio) -> list[tuple[str, Markup]]:
    """Return five questions, each with its answer in a sentence or two."""
    answers = {
        "asks_concentration": _concentration(portfolio),
        "asks_profit": profit_words(portfolio),
        "asks_growth": _growth(portfolio),
        "asks_stake": _stake(portfolio),
        "asks_blind": _blind(portfolio),
    }
    return [(word(portfolio, key), answer) for key, answer in answers.items()]


def _concentration(portfolio) -> Markup:
    """Say it of groups where there are any, since a customer of many accounts hides concentration (F17), else of accounts."""
    active = int((portfolio.accounts["revenue_amount"] > 0).sum())
    if not active:
        return told(portfolio, "tells_nobody")
    groups = reading.figure(portfolio, "active_groups_count") if len(portfolio.groups) else None
    has_single = reading.figure(portfolio, "single_top10_revenue_share") is not None
    prefix, counted = ("", int(groups)) if groups else ("single_" if has_single else "", active)
    return told(
        portfolio,
        "tells_concentration_groups" if groups else "tells_concentration",
        heads=blocks.count(portfolio, selection.head_count(counted, HEADS)),
        active=blocks.count(portfolio, counted),
        top10=figure(portfolio, f"{prefix}top10_revenue_share"),
        top20=figure(portfolio, f"{prefix}top20_revenue_share"),
        largest=figure(portfolio, f"{prefix}largest_revenue_share"),
        eighty=figure(portfolio, f"{prefix}accounts_for_80_count"),
    )


def profit_words(portfolio) -> Markup:
    """Say what the portfolio earns, on how many accounts that rests, and who loses money."""
    margin, least = portfolio.score("margin_rate"), portfolio.policy["profit.minimum_coverage"]["value"]
    if margin.value is None:
        return told(portfolio, "tells_profit_open")
    if portfolio.score("top20_margin_share").value is None:
        covered, needed = (text.number(share, "share", language=portfolio.language) for share in (margin.coverage, least))
        return told(portfolio, "tells_profit_part", covered=strong(covered), least=needed)
    places = {"margin": "margin_rate", "amount": "margin_amount", "top20": "top20_margin_share"}
    losers = portfolio.score("loss_making_accounts_count").value
    if losers:
        places |= {"losers": "loss_making_accounts_count", "loss": "loss_amount"}
    key = "tells_profit" if losers else "tells_profit_no_loss"
    return told(portfolio, key, **{place: figure(portfolio, metric) for place, metric in places.items()})


def _growth(portfolio) -> Markup:
    rate = reading.figure(portfolio, "growth_rate")
    if rate is None:
        return told(portfolio, "tells_growth_open", now=figure(portfolio, "revenue_amount"))
    key = "tells_growth_none" if abs(rate) < HELD else "tells_growth_up" if rate > 0 else "tells_growth_down"
    shown = html.figure_span("growth_rate", text.number(abs(rate), "rate", language=portfolio.language))
    said = [told(portfolio, key, rate=shown, now=figure(portfolio, "revenue_amount")), *_moved(portfolio)]
    return Markup(text.paragraph(said, language=portfolio.language))


def _moved(portfolio) -> list[Markup]:
    """Say how many gained and lost, and what new accounts brought; who is nobody is not mentioned."""
    gains, losses = review.movers(portfolio.accounts)
    fresh, gained = gains[gains["customer_status"] == "new"], gains["change_amount"].sum()
    key = "tells_moved" if len(gains) and len(losses) else "tells_gained" if len(gains) else "tells_lost"
    places = {"gainers": len(gains), "losers": len(losses), "all": len(portfolio.accounts)}
    counts = {name: blocks.count(portfolio, number) for name, number in places.items()}
    amounts = {"gained": figure(portfolio, "gained_amount"), "lost": figure(portfolio, "lost_amount")}
    said = [told(portfolio, key, **counts, **amounts)] if len(gains) or len(losses) else []
    if len(fresh):
        share = strong(text.number(fresh["change_amount"].sum() / gained, "share", language=portfolio.language))
        said.append(told(portfolio, "tells_newcomers", newcomers=blocks.count(portfolio, len(fresh)), fresh=share))
    return said


def _stake(portfolio) -> Markup:
    """Say who stopped, who has not ordered for longer than a quarter, who shrank; what is zero is not mentioned."""
    shrunk_share = portfolio.policy["worse.amount"]["value"]
    stakes = review.stakes(portfolio.accounts, shrunk_share=shrunk_share, dormant_days=LONGEST_QUARTER_DAYS)
    limits = {
        "least": f"{100 * shrunk_share:g}%",
        "days": text.counted(LONGEST_QUARTER_DAYS, "days", language=portfolio.language),
    }
    said = [
        told(
            portfolio,
            f"tells_{name}",
            count=blocks.count(portfolio, stakes[f"{name}_count"]),
            amount=strong(reading.write(portfolio, "revenue_amount", stakes[f"{name}_amount"])),
            **limits,
        )
        for name in STAKES
        if stakes[f"{name}_count"]
    ]
    return Markup(text.paragraph(said or [told(portfolio, "tells_no_stake", **limits)], language=portfolio.language))


def _blind(portfolio) -> Markup:
    said = [_unmeasured(portfolio), *([unrated] if (unrated := unrated_words(portfolio)) else [])]
    return Markup(text.paragraph(said, language=portfolio.language))


def unrated_words(portfolio) -> Markup | str:
    """Say for how many accounts the potential is not measured, so that their segment rests on revenue alone; blank if for none."""
    active = portfolio.accounts[portfolio.accounts["revenue_amount"] > 0]
    count = int((active["potential_unmeasured_flag"] == 1).sum())
    places = {"count": blocks.count(portfolio, count), "all": blocks.count(portfolio, len(active))}
    return told(portfolio, "tells_unrated", **places) if count else ""


def _unmeasured(portfolio) -> Markup:
    blind = [metric for metric in facts.KPIS if reading.figure(portfolio, metric) is None]
    if not blind:
        covered = text.number(portfolio.score("margin_rate").coverage, "share", language=portfolio.language)
        return told(portfolio, "tells_all", covered=strong(covered))
    names = blocks.names(portfolio, [reading.inside(portfolio, metric) for metric in blind])
    helps = {missing: (len(set(blind) & set(metrics)), len(metrics)) for missing, metrics in portfolio.missing.items()}
    best = max(helps, key=helps.get, default=None)
    if best is None or not helps[best][0]:
        return told(portfolio, "tells_blind_other", names=names)
    return told(portfolio, "tells_blind", names=names, input=text.input_name(best, language=portfolio.language))


def _tile(portfolio, metric: str) -> dict:
    now, then, unit = reading.figure(portfolio, metric), reading.year_ago(portfolio, metric), text.metric_unit(metric)
    change = text.change(now, then, unit, language=portfolio.language)
    before = "last_year" if metric == "revenue_amount" else "year_ago"
    worse = now is not None and playbook("metrics")[metric]["better"] != "none" and facts.against_year_ago(portfolio, metric)
    return {
        "metric": metric,
        "name": reading.label(portfolio, metric),
        "value": reading.write(portfolio, metric, now),
        "reason": reading.value_words(portfolio, metric) if now is None else "",
        "change": change,
        "side": "worse" if worse else "neutral",
        "comparison": reading.say(portfolio, before, then=reading.write(portfolio, metric, then)) if change else "",
        "beside": _active(portfolio) if metric == "revenue_amount" else "",
    }


def _active(portfolio) -> str:
    active, everyone = (portfolio.accounts["revenue_amount"] > 0).sum(), len(portfolio.accounts)
    return word(portfolio, "active_of", active=blocks.count(portfolio, active), all=blocks.count(portfolio, everyone))


def _kicker(portfolio) -> list[str]:
    day = reading.say(portfolio, "as_of", day=text.day(portfolio.as_of, language=portfolio.language))
    labels = [word(portfolio, "title"), day, reading.say(portfolio, f"edition_{portfolio.edition}")]
    return labels + ([reading.say(portfolio, "synthetic")] if portfolio.synthetic else [])


def _number(portfolio, metric: str) -> dict:
    unit = text.metric_unit(metric)
    columns = [column("now", word(portfolio, "now"), unit), column("then", word(portfolio, "before"), unit)]
    rows = [[reading.figure(portfolio, metric), reading.year_ago(portfolio, metric)]]
    return payload("number", metric, title=reading.label(portfolio, metric), columns=columns, rows=rows)
