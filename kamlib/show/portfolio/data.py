"""What cannot be measured and what would unlock it, the data behind the review, how each number came about."""

from __future__ import annotations

from kamlib.playbook import playbook
from kamlib.show import facts, reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import heading, lead, line, note, word
from kamlib.show.portfolio.left_out import left_out
from kamlib.show.portfolio.prices import SHOWN_METRICS as PRICES
from kamlib.show.portfolio.risk import SHOWN_METRICS as RISK
from kamlib.show.portfolio.spread import MARGINS, MEASURES
from kamlib.show.provenance import publish_receipts

MOST_NAMES = 8
COUNTS = ("rows_read", "rows_used", "rows_filtered", "rows_duplicate", "rows_refused", "rows_after_as_of")
BESIDE = ("net_retention_rate", "gross_retention_rate", "gained_amount", "lost_amount", "margin_amount", "revenue_prior_amount")
OFFICE = ("answered_24h_rate", "solved_48h_rate", "green_channel_rate", "promises_kept_rate")


def missing(portfolio) -> None:
    """Publish each table or column that is not there with the measures that it would unlock, the most useful first."""
    found = sorted(portfolio.missing.items(), key=lambda pair: -sum(metric in facts.KPIS for metric in pair[1]))
    columns = [("input", word(portfolio, "unlocked_by"), "text"), ("measures", word(portfolio, "unlocks"), "text")]
    rows = [[_first_large(text.input_name(name, language=portfolio.language)), _unlocked(portfolio, metrics)] for name, metrics in found]
    shown = blocks.table(portfolio, columns, rows) if rows else lead(word(portfolio, "nothing_missing"))
    lines = left_out(portfolio)
    without = [heading(word(portfolio, "left_out"))] if lines else []
    without += [line(key, word(portfolio, "left_out_line", title=word(portfolio, key), words=words)) for key, words in lines.items()]
    blocks.section(portfolio, "portfolio_missing", [shown, *without])


def data_quality(portfolio) -> None:
    """Publish the rows of each table: read, used, and left out for which reason."""
    kept = [key for key in COUNTS if key in COUNTS[:2] or any(_number(counts.get(key)) for counts in portfolio.quality.values())]
    columns = [("table", reading.say(portfolio, "table"), "text"), *((key, reading.say(portfolio, key), "count") for key in kept)]
    rows = [
        [reading.say(portfolio, name, group="tables"), *(_number(counts.get(key)) for key in kept)]
        for name, counts in portfolio.quality.items()
    ]
    aside = [note(word(portfolio, "set_aside", count=portfolio.set_aside_count))] if portfolio.set_aside_count else []
    blocks.section(portfolio, "portfolio_data", [blocks.table(portfolio, columns, rows), *aside])


def receipts(portfolio) -> None:
    """Publish how each of the portfolio's numbers came about, folded."""
    publish_receipts(portfolio, receipted(portfolio))


def receipted(portfolio) -> list[str]:
    """Return every number of the portfolio that the review prints."""
    kpis = [metric for main, others in facts.KPIS.items() for metric in (main, *others)]
    shares = [name for metric in MEASURES for name in (metric, f"single_{metric}")]
    wanted = dict.fromkeys([*kpis, *BESIDE, *shares, *MARGINS, *OFFICE, *RISK, *PRICES])
    return [metric for metric in wanted if metric in playbook("metrics") and reading.score_of(portfolio, metric)]


def _unlocked(portfolio, metrics: list[str]) -> str:
    first = sorted(metrics, key=lambda metric: metric not in facts.KPIS)
    return _first_large(blocks.names(portfolio, [reading.inside(portfolio, metric) for metric in first], most=MOST_NAMES))


def _first_large(words: str) -> str:
    return words[:1].upper() + words[1:]


def _number(cell) -> float:
    return float(sum(cell.values()) if isinstance(cell, dict) else cell or 0)
