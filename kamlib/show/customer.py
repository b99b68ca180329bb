"""The customer's edition of the workbook: its first page and its people; every internal section stays away."""

from __future__ import annotations

from markupsafe import Markup

from kamlib.show import html, reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import figure, lead, told, word
from kamlib.show.provenance import publish_receipts
from kamlib.show.publish import payload, publish
from kamlib.show.value_report import next_steps_parts

ROLES = ("procurement", "user", "technical", "finance", "executive")


def hidden(account, section: str) -> None:
    """Publish that a section is not part of this edition: its id, and nothing else."""
    publish(payload("section", section), html="", plain=section)


def customer_page(account) -> None:
    """Publish what the customer bought, how we delivered, and what is agreed."""
    sentences: list = []
    if reading.figure(account, "growth_rate") is not None:
        places = {name: figure(account, f"revenue_{name}amount") for name in ("", "prior_")}
        sentences.append(told(account, "customer_bought", now=places[""], then=places["prior_"]))
    elif reading.figure(account, "revenue_amount") is not None:
        sentences.append(told(account, "customer_bought_only", now=figure(account, "revenue_amount")))
    if reading.figure(account, "on_time_rate") is not None:
        places = {"rate": figure(account, "on_time_rate"), "count": figure(account, "due_lines_count")}
        sentences.append(told(account, "customer_on_time", **places))
    if account.outcomes:
        better = sum((entry["change_rate"] or 0) > 0 for entry in account.outcomes)
        sentences.append(word(account, "value_lead", count=len(account.outcomes), better=better))
    by = [word(account, "value_by", name=account.manager["name"])] if account.manager["name"] else []
    day = reading.say(account, "as_of", day=text.day(account.as_of, language=account.language))
    kicker = [reading.say(account, "workbook"), day, reading.say(account, "edition_customer"), *by]
    kicker += [reading.say(account, "synthetic")] if account.synthetic else []
    markup = html.page("opening", account, key="first_page", kicker=kicker, paragraphs=sentences or [word(account, "customer_nothing")])
    markup += html.page("portfolio/section", account, key="agreed", title=word(account, "value_next"), blocks=next_steps_parts(account))
    plain = Markup(" ").join(sentences).striptags() or account.name
    publish(payload("section", "first_page", title=reading.say(account, "first_page")), html=markup, plain=plain)


def customer_people(account) -> None:
    """Publish the customer's people that we know of, under pseudonyms, and whether we met them."""
    if not account.people:
        return blocks.section(account, "stakeholders", [lead(word(account, "customer_no_people"))])
    columns = [(key, word(account, f"contact_{key}"), "text") for key in ("role", "met")]
    ordered = sorted(account.people, key=lambda entry: (ROLES.index(entry["role"]), entry["number"]))
    met = {1: word(account, "customer_met"), 0: word(account, "customer_not_met")}
    rows = [[_alias(account, entry), met.get(entry["met"], reading.say(account, "nothing"))] for entry in ordered]
    return blocks.section(account, "stakeholders", [blocks.table(account, columns, rows)])


def customer_receipts(account) -> None:
    """Publish how each number of this edition was measured, folded."""
    publish_receipts(account)


def _alias(account, entry: dict) -> str:
    """Return the pseudonym of a contact: its role and a running number."""
    alias = word(account, "contact_alias", role=word(account, f"role_{entry['role']}"), number=int(entry["number"]))
    return alias[:1].upper() + alias[1:]
