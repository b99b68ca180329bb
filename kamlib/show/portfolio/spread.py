"""How much hangs on how few: revenue by heads and by ABC, margin and who eats it up."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from kamlib import selection
from kamlib.packs import review
from kamlib.playbook import playbook
from kamlib.show import figures as base
from kamlib.show import reading, text
from kamlib.show.portfolio import blocks, figures
from kamlib.show.portfolio.blocks import MOST_ROWS, note, word
from kamlib.show.portfolio.left_out import leave_out
from kamlib.show.publish import column, payload, publish

MEASURES = (
    "top10_revenue_share",
    "top20_revenue_share",
    "largest_revenue_share",
    "accounts_for_80_count",
    "effective_accounts_count",
    "gini_ratio",
    "hhi_ratio",
)
PLAIN_END = 0.97  # below this part of the peak the end of the whale curve is named too
PRECISE = ("gini_ratio", "hhi_ratio")
BANDS = (0.10, 0.20, 0.50, 1.0)
CLAIMS = ("claim_top_tenth", "claim_pareto")
MARGINS = (
    "top10_margin_share",
    "top20_margin_share",
    "accounts_for_80_margin_count",
    "whale_peak_share",
    "eroded_margin_share",
    "loss_making_accounts_count",
    "loss_amount",
)


def concentration(portfolio) -> None:
    """Publish the concentration curve, its measures beside what others claim, ABC by revenue and the view by heads."""
    opening = [_measures(portfolio), note(_claims_note(portfolio)), *_tenths(portfolio)]
    found = [*opening, blocks.side_by_side(_abc(portfolio), _heads(portfolio)), note(_abc_note(portfolio))]
    if portfolio.lorenz.empty:
        return blocks.section(portfolio, "portfolio_concentration", [blocks.lead(word(portfolio, "tells_nobody"))])
    blocks.section(portfolio, "portfolio_concentration", found)
    curve = 1 - portfolio.lorenz.iloc[::-1]
    shares = [selection.top_revenue_share(portfolio.accounts["revenue_amount"], accounts_share=Decimal(part)) for part in ("0.10", "0.20")]
    marks = [_mark(portfolio, heads, share) for heads, share in zip((0.10, 0.20), shares, strict=True)]
    claims = [(*claim["value"], _point(portfolio, "claim_point", *claim["value"])) for claim in _claims()]
    heading = word(portfolio, "lorenz_single" if len(portfolio.groups) else "lorenz_heading")
    words = {"heading": heading, "even": word(portfolio, "lorenz_even")}
    figure, axes = base.panels(figures.HEIGHT_INCHES)
    figures.plot_concentration(figures.thinned(curve), axes[0], marks=marks, claims=claims, across=word(portfolio, "lorenz_x"), **words)
    alt = f"{words['heading']}{reading.say(portfolio, 'colon')}{reading.say(portfolio, 'semicolon').join(words for *_, words in marks)}"
    _publish_curve(portfolio, "figure_lorenz", curve, {"accounts_share": "share", "revenue_share": "share"}, words["heading"], alt, figure)
    return None


def profit(portfolio) -> None:
    """Publish who carries the margin, the whale curve and the accounts that lose money; one line where margins do not compare."""
    if leave_out(portfolio, "portfolio_profit"):
        return
    rows = [_measure_row(portfolio, metric) for metric in MARGINS if reading.figure(portfolio, metric) is not None]
    columns = [
        ("measure", reading.say(portfolio, "measure"), "text"),
        ("now", word(portfolio, "measured_here"), "written"),
        ("meaning", reading.say(portfolio, "meaning"), "text"),
    ]
    blocks.section(portfolio, "portfolio_profit", [blocks.table(portfolio, columns, rows), *_losses(portfolio)])
    _publish_whale(portfolio)
    return


def _measures(portfolio) -> dict:
    grouped = len(portfolio.groups) > 0
    keys = ["by_groups", "single_accounts"] if grouped else ["measured_here"]
    columns = [("measure", reading.say(portfolio, "measure"), "text")]
    columns += [(key, word(portfolio, key), "written") for key in keys]
    rows = []
    for metric in MEASURES:
        prefixes = ("", "single_") if grouped else ("single_" if _has_single(portfolio) else "",)
        rows.append([reading.label(portfolio, metric), *(_value(portfolio, f"{prefix}{metric}") for prefix in prefixes)])
    return blocks.table(portfolio, columns, rows)


def _tenths(portfolio) -> list[dict]:
    """Say how many a tenth is: of joined groups it may be one fewer, so that their share looks lower."""
    roots = reading.figure(portfolio, "active_groups_count")
    if not len(portfolio.groups) or not roots:
        return []
    counts = {"roots": int(roots), "single": int((portfolio.accounts["revenue_amount"] > 0).sum())}
    counts |= {f"{name}_top": selection.head_count(number, BANDS[0]) for name, number in counts.items()}
    return [note(word(portfolio, "tenth_note", **{name: blocks.count(portfolio, number) for name, number in counts.items()}))]


def _has_single(portfolio) -> bool:
    return reading.figure(portfolio, "single_gini_ratio") is not None


def _value(portfolio, metric: str):
    value = reading.figure(portfolio, metric)
    return blocks.written(portfolio, value, "decimal" if metric.endswith(PRECISE) else text.metric_unit(metric))


def _measure_row(portfolio, metric: str) -> list[str]:
    meaning = text.metric_meaning(metric, language=portfolio.language)
    return [reading.label(portfolio, metric), reading.value_words(portfolio, metric), meaning]


def _claims() -> list[dict]:
    entries = {entry["id"]: entry for entry in playbook("claims")["claims"]}
    return [entries[key] for key in CLAIMS]


def _claims_note(portfolio) -> str:
    places = [(*(f"{part:.0%}" for part in claim["value"]), claim["source"]) for claim in _claims()]
    said = [word(portfolio, "claim_of", heads=heads, share=share, source=source) for heads, share, source in places]
    return word(portfolio, "claims_note", claims=reading.say(portfolio, "semicolon").join(said))


def _point(portfolio, key: str, heads: float, share: float) -> str:
    return word(
        portfolio,
        key,
        heads=f"{heads:.0%}",
        share=text.number(share, "share", language=portfolio.language) if key == "lorenz_point" else f"{share:.0%}",
    )


def _mark(portfolio, heads: float, share: float) -> tuple[float, float, str]:
    """Return a point of the curve: whole accounts, so that of few accounts a tenth is a little more than a tenth."""
    active = int((portfolio.accounts["revenue_amount"] > 0).sum())
    return selection.head_count(active, heads) / active, share, _point(portfolio, "lorenz_point", heads, share)


def _abc(portfolio) -> dict:
    found = review.by_class(portfolio.accounts, "abc_class", order=["A", "B", "C"])
    rows = [[key, *row] for key, row in zip("ABC", found[["accounts_count", "accounts_share", "revenue_share"]].to_numpy(), strict=False)]
    columns = [("abc_class", word(portfolio, "class"), "text"), *_counts(portfolio, "accounts_count", "accounts_share", "revenue_share")]
    return blocks.table(portfolio, columns, rows, heading=word(portfolio, "abc_heading"))


def _heads(portfolio) -> dict:
    found, rows, low = review.by_heads(portfolio.accounts, shares=BANDS), [], 0.0
    for high, row in found.iterrows():
        key, places = ("band_between", {"low": f"{low:.0%}", "high": f"{high:.0%}"}) if low else ("band_top", {"high": f"{high:.0%}"})
        rows.append([word(portfolio, key, **places), row["accounts_count"], row["revenue_amount"], row["revenue_share"]])
        low = high
    columns = [("band", word(portfolio, "band"), "text"), *_counts(portfolio, "accounts_count", "revenue_amount", "revenue_share")]
    return blocks.table(portfolio, columns, rows, heading=word(portfolio, "heads_heading"))


def _counts(portfolio, *keys: str) -> list[tuple[str, str, str]]:
    units = {"accounts_count": "count", "accounts_share": "share", "revenue_amount": "amount", "revenue_share": "share"}
    return [(key, word(portfolio, key), units[key]) for key in keys]


def _abc_note(portfolio) -> str:
    a, b = (portfolio.policy[f"abc.{name}_share"]["value"] for name in ("a", "b"))
    heads, share = _claims()[0]["value"]
    return word(portfolio, "abc_note", a=f"{a:.0%}", b=f"{b:.0%}", heads=f"{heads:.0%}", share=f"{share:.0%}")


def _losses(portfolio) -> list[dict]:
    accounts = portfolio.accounts
    losing = accounts[accounts["margin_amount"] < 0].sort_values("margin_amount", kind="stable")
    if losing.empty:
        return [note(word(portfolio, "no_losses"))]
    columns = [("name", word(portfolio, "account"), "text"), ("revenue_amount", word(portfolio, "revenue_amount"), "amount")]
    columns += [("margin_amount", word(portfolio, "margin_amount"), "amount"), ("margin_rate", word(portfolio, "margin_rate"), "rate")]
    columns += [("margin_rate_coverage", word(portfolio, "cost_known"), "share")]
    keys = [key for key, _, _ in columns]
    rest = losing.iloc[MOST_ROWS:]
    further = [
        [
            word(portfolio, "further", count=blocks.count(portfolio, len(rest))),
            rest["revenue_amount"].sum(),
            rest["margin_amount"].sum(),
            None,
            None,
        ]
    ]
    rows = losing[keys].head(MOST_ROWS).to_numpy(dtype=object).tolist()
    return [blocks.table(portfolio, columns, rows, rest=further if len(rest) else [], heading=word(portfolio, "losses"), key="losses")]


def _publish_curve(portfolio, key: str, curve: pd.DataFrame, columns: dict[str, str], title: str, alt: str, figure) -> None:
    shown = figures.thinned(curve)[list(columns)]
    described = [column(name, name, unit) for name, unit in columns.items()]
    publish(payload("figure", key, title=title, columns=described, rows=shown.to_numpy().tolist()), plain=alt, png=base.png(figure))


def _publish_whale(portfolio) -> None:
    curve, language = portfolio.whale, portfolio.language
    held = curve["cumulative_margin_amount"]
    scale, unit, _ = text.money_scale(held.abs().max(), portfolio.currency, language=language)
    amounts = [reading.write(portfolio, "margin_amount", amount) for amount in (held.max(), held.iloc[-1])]
    words = [word(portfolio, key, amount=amount) for key, amount in zip(("whale_peak", "whale_end"), amounts, strict=True)]
    heading = word(portfolio, "whale_heading", unit=unit)
    figure, axes = base.panels(figures.HEIGHT_INCHES)
    places = {"peak": words[0], "end": words[1] if held.iloc[-1] < PLAIN_END * held.max() else "", "across": word(portfolio, "whale_x")}
    figures.plot_whale(figures.thinned(curve), axes[0], scale=scale, heading=heading, **places)
    alt = f"{heading}{reading.say(portfolio, 'colon')}{reading.say(portfolio, 'semicolon').join(words)}"
    columns = {"accounts_share": "share", "cumulative_margin_amount": "amount"}
    _publish_curve(portfolio, "figure_whale", curve, columns, heading, alt, figure)
