"""The calendar of an account: read back by a real reader, the same every night, safe with any name."""

from datetime import date

from icalendar import Calendar

from kamlib.playbook import line_words
from kamlib.render.calendar import calendar_file

PLAN = [
    {"due_on": "2026-07-20", "line_id": "core_visit", "action": "segments.core_visit", "owner": "manager", "hours": 4.0},
    {"due_on": "2026-08-20", "line_id": "core_visit", "action": "segments.core_visit", "owner": "manager", "hours": 4.0},
    {"due_on": "2026-09-20", "line_id": "core_executives", "action": "segments.core_executives", "owner": "executive", "hours": 8.0},
]


def pack(name="Acme", as_of="2026-06-30"):
    return {"account_id": "A1", "as_of": as_of, "account": {"name": name}, "care": {"plan": PLAN}}


def events(content):
    return Calendar.from_ical(content).walk("VEVENT")


def test_every_dated_action_is_an_event_of_that_day():
    found = events(calendar_file(pack(), "zh"))
    assert [event.decoded("dtstart") for event in found] == [date.fromisoformat(entry["due_on"]) for entry in PLAN]
    assert str(found[0]["summary"]) == f"Acme: {line_words('segments.core_visit', 'zh')}"
    assert str(found[2]["description"]) == "高管负责人"


def test_the_same_pack_gives_the_same_bytes():
    assert calendar_file(pack(), "en") == calendar_file(pack(), "en")


def test_an_event_keeps_its_identity_from_night_to_night():
    before, after = (events(calendar_file(pack(as_of=day), "en")) for day in ("2026-06-30", "2026-07-01"))
    identities = [str(event["uid"]) for event in before]
    assert identities == [str(event["uid"]) for event in after] and len(set(identities)) == len(PLAN)


def test_a_hostile_name_stays_text():
    name = "Acme;\nBEGIN:VALARM\nACTION:AUDIO, \\ 北京"
    content = calendar_file(pack(name), "en")
    assert b"\nBEGIN:VALARM" not in content
    assert str(events(content)[0]["summary"]).startswith(name)
