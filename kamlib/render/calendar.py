"""The plan for the next twelve months as a calendar that any diary opens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from hashlib import sha256

from icalendar import Calendar, Event, vText

from kamlib.playbook import line_words, playbook


def calendar_file(pack: Mapping, language: str) -> bytes:
    """Write the dated actions of one account as an iCalendar file, one event of a day each.

    Parameters
    ----------
    pack : mapping
        The account pack; its ``care`` holds the plan.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    bytes
        The same for the same pack: an event keeps its identity from night to night, so that a diary
        updates it instead of adding it again.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//kamlib//account plan//EN")
    calendar.add("version", "2.0")
    name = pack["account"]["name"] or pack["account_id"]
    calendar.add("name", vText(name))
    stamp = datetime.combine(date.fromisoformat(pack["as_of"]), time(), tzinfo=UTC)
    for entry in pack["care"]["plan"]:
        calendar.add_component(_event(entry, pack["account_id"], name, stamp, language))
    return calendar.to_ical()


def _event(entry: Mapping, account_id: str, name: str, stamp: datetime, language: str) -> Event:
    event = Event()
    key = "\0".join((account_id, entry["line_id"], entry["due_on"]))
    event.add("uid", f"{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}@kamlib")
    event.add("dtstamp", stamp)
    event.add("dtstart", date.fromisoformat(entry["due_on"]))
    event.add("summary", f"{name}: {line_words(entry['action'], language)}")
    event.add("description", playbook("roles")[entry["owner"]][language])
    event.add("transp", "TRANSPARENT")
    return event
