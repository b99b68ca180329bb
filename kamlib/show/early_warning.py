"""The early warning: what has changed for the worse, what to do about it and by when, what was not measured."""

from __future__ import annotations

from datetime import timedelta

from markupsafe import Markup

from kamlib.playbook import playbook
from kamlib.show import html, reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import figure, lead, note, told, word
from kamlib.warning import SIGNALS

# What a lit signal reads; each place of its sentence is one of these numbers
READINGS = {
    "order_drop": ("order_change_rate", "recent_orders_count", "earlier_orders_count"),
    "usage_drop": ("usage_change_rate",),
    "order_rhythm": ("last_order_days", "usual_gap_days"),
    "payment_delay": ("recent_late_days", "earlier_late_days"),
    "contact_gap": ("last_contact_days", "granted_days"),
    "contact_change": ("open_leavers_count",),
    "no_backup": (),
    "competitor": ("competitor_quotes_count",),
    "unconfirmed_change": ("unconfirmed_days",),
    "service": ("tickets_late_count", "tickets_judged_count"),
    "satisfaction_drop": ("last_wave_score", "before_wave_score", "last_wave_answers_count"),
    "renewal": ("contract_days",),
}
SHOWN_METRICS = tuple(dict.fromkeys(metric for metrics in READINGS.values() for metric in metrics))
BAR_PIXELS = 44
WHOLE = 0.9995  # written as 100.0%


def warning(account) -> None:
    """Publish the level of risk, each lit signal with its counter-move and date, and what was quiet or not measured.

    Parameters
    ----------
    account : Pack
    """
    if reading.figure(account, "loss_risk") is None:
        return blocks.section(account, "warning", [lead(word(account, "warning_open", reason=reading.value_words(account, "loss_risk")))])
    lit = lit_signals(account)
    keys = ("signal", "signal_reading", "signal_strength", "counter_move", "move_owner", "move_by")
    columns = [(key, word(account, key), "text") for key in keys]
    shown = [blocks.table(account, columns, [_row(account, name) for name in lit], style="kam-warning")] if lit else []
    return blocks.section(account, "warning", [lead(_verdict(account, lit)), *shown, *_quiet(account, lit)])


def lit_signals(account) -> list[str]:
    """Return the signals above nothing, those first that take most of the remaining safety."""
    weight = {name: account.policy[f"warning.weights.{name}"]["value"] * (_signal(account, name) or 0) for name in SIGNALS}
    return sorted((name for name in SIGNALS if weight[name] > 0), key=lambda name: (-weight[name], SIGNALS.index(name)))


def _signal(account, name: str) -> float | None:
    return reading.figure(account, f"{name}_signal")


def _verdict(account, lit: list[str]) -> Markup:
    level = reading.class_of(account, "risk_level")
    safe = account.policy["warning.levels.safe_coverage"]["value"]
    covered = reading.figure(account, "risk_coverage_share") or 0
    key = "warning_lit" if lit else "warning_quiet" if covered >= safe else "warning_unsure"
    measured = sum(_signal(account, name) is not None for name in SIGNALS)
    places = {
        "lit": blocks.count(account, len(lit)),
        "measured": blocks.count(account, measured),
        "all": blocks.count(account, len(SIGNALS)),
    }
    words = Markup('<b class="kam-{}">{}</b>').format(
        "worse" if level != "green" else "neutral", reading.class_words(level, "risk_level", language=account.language)
    )
    first = told(account, key, level=words, index=figure(account, "loss_risk"), share=figure(account, "risk_coverage_share"), **places)
    if key == "warning_unsure" or covered > WHOLE:
        return first
    return first + told(account, "warning_share", share=figure(account, "risk_coverage_share"))


def _row(account, name: str) -> list:
    entry, language = playbook("warning")[name], account.language
    due = text.short_day(account.as_of + timedelta(days=entry["days"]), language=language)
    signal = _signal(account, name)
    bar = Markup('<span class="kam-strength" style="width:{}px"></span>{}').format(
        max(2, round(BAR_PIXELS * signal)), html.figure_span(f"{name}_signal", text.number(signal, "index", language=language))
    )
    return [_name(account, name), _reading(account, name), bar, text.closed(entry["move"][language]), entry["owner"][language], due]


def _reading(account, name: str) -> Markup:
    places = {f"p{place}": figure(account, metric) for place, metric in enumerate(READINGS[name], 1)}
    if name == "no_backup":
        sides = [
            side
            for side, metric in (("there", "single_threaded_flag"), ("ours", "our_backup_missing_flag"))
            if reading.figure(account, metric)
        ]
        return told(account, f"reading_no_backup_{'_'.join(sides)}")
    if name == "contact_change" and not reading.figure(account, "open_leavers_count"):
        return told(account, "reading_contact_change_late")
    if name == "competitor" and not reading.figure(account, "competitor_quotes_count"):
        return told(account, "reading_competitor_share", p1=figure(account, "competitor_rise_share"))
    thin = name == "order_drop" and reading.figure(account, "order_drop_thin_flag")
    peers = name == "order_rhythm" and reading.figure(account, "order_rhythm_peers_flag")
    return told(account, f"reading_{name}{'_thin' if thin else '_peers' if peers else ''}", **places)


def _name(account, name: str) -> str:
    return reading.label(account, f"{name}_signal")


def _quiet(account, lit: list[str]) -> list[dict]:
    quiet = [_name(account, name) for name in SIGNALS if name not in lit and _signal(account, name) is not None]
    unknown: dict[str, list[str]] = {}
    for name in SIGNALS:
        if _signal(account, name) is None:
            unknown.setdefault(reading.value_words(account, f"{name}_signal"), []).append(_name(account, name))
    join, semicolon = reading.say(account, "comma"), reading.say(account, "semicolon")
    lines = [note(word(account, "signals_quiet", names=join.join(map(text.inside, quiet))))] if quiet else []
    if unknown:
        parts = [
            word(account, "signals_unknown_part", names=join.join(map(text.inside, names)), reason=reason)
            for reason, names in unknown.items()
        ]
        lines.append(note(word(account, "signals_unknown", parts=semicolon.join(parts))))
    return lines
