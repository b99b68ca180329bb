"""The plan for the next twelve months, line by line, and how the last twelve were kept."""

from __future__ import annotations

from datetime import date

from markupsafe import Markup

from kamlib.playbook import line_words, playbook
from kamlib.show import reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import figure, lead, note, told, word

MOST_DATES = 3
SHOWN_METRICS = ("first_touches_ratio", "later_touches_ratio", "light_care_flag", "complaint_line_flag")


def care(account) -> None:
    """Publish each line of the plan with its next dates, and the touches done of those due.

    Parameters
    ----------
    account : Pack
        Its pack carries ``care`` (`packs.care.Care`).
    """
    plan = account.data["care"]["plan"]
    if not plan:
        return blocks.section(account, "care", [lead(word(account, "care_none"))])
    hours = blocks.count(account, sum(entry["hours"] for entry in plan))
    sentences = [lead(word(account, "care_lead", count=blocks.count(account, len(plan)), hours=hours))]
    sentences += [note(words) for words in (_kept(account), _service(account), _light(account), _line_told(account)) if words]
    keys = ("care_action", "care_owner", "care_done", "care_dates")
    columns = [(key, word(account, key), "text") for key in keys]
    return blocks.section(account, "care", [*sentences, blocks.table(account, columns, _rows(account))])


def _rows(account) -> list[list[str]]:
    kept = {entry["line_id"]: entry for entry in account.data["care"]["kept"]}
    lines: dict[str, list[dict]] = {}
    for entry in account.data["care"]["plan"]:
        lines.setdefault(entry["line_id"], []).append(entry)
    roles = playbook("roles")
    return [
        [
            text.closed(line_words(entries[0]["action"], account.language)),
            roles[entries[0]["owner"]][account.language],
            _done(account, kept.get(line_id)),
            _dates(account, entries),
        ]
        for line_id, entries in lines.items()
    ]


def _done(account, entry: dict | None) -> str:
    if not entry:
        return reading.say(account, "nothing")
    done, due = (blocks.count(account, entry[name]) for name in ("cadence_done_count", "cadence_due_count"))
    return word(account, "care_done_of", done=done, due=due)


def _dates(account, entries: list[dict]) -> str:
    days = [text.short_day(date.fromisoformat(entry["due_on"]), language=account.language) for entry in entries[:MOST_DATES]]
    more = " …" if len(entries) > MOST_DATES else ""
    return word(account, "care_comma").join(days) + more


def _kept(account) -> str:
    due = account.score("cadence_due_count").value
    if not due:
        return ""
    done = blocks.count(account, account.score("cadence_done_count").value)
    rate = reading.value_words(account, "cadence_compliance_rate")
    return word(account, "care_kept", done=done, due=blocks.count(account, due), rate=rate)


def _service(account) -> str:
    rates = {"answered": "answered_24h_rate", "solved": "solved_48h_rate", "green": "green_channel_rate"}
    if account.score("answered_24h_rate").value is None:
        return ""
    return word(account, "care_service", **{place: reading.value_words(account, metric) for place, metric in rates.items()})


def _light(account) -> str | Markup:
    if not reading.figure(account, "light_care_flag"):
        return ""
    return told(account, "care_light", first=figure(account, "first_touches_ratio"), later=figure(account, "later_touches_ratio"))


def _line_told(account) -> str:
    return word(account, "care_line") if reading.figure(account, "complaint_line_flag") == 0 else ""
