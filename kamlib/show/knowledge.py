"""What the customer needs and what lies behind it, and how far we know the account at all."""

from __future__ import annotations

from kamlib.playbook import playbook
from kamlib.show import reading
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import figure, lead, note, told, word
from kamlib.stakeholders import fact_state

SHOWN_METRICS = (
    "source_types_count",
    "file_completeness_share",
    "confidence_share",
    "filled_fields_count",
    "filled_facts_count",
    "confirmed_facts_count",
)
LAYERS = ("business", "organisational", "personal")
MOST_MISSING = 6


def needs(account) -> None:
    """Publish the needs of the plan in three layers, the beliefs that nobody has confirmed, and what the file still lacks.

    Parameters
    ----------
    account : Pack
        Its pack carries ``plan`` and ``file`` (fields of the account file that are filled).
    """
    plan = account.plan
    if not plan or not plan["needs"]:
        words = word(account, "needs_none" if plan else "needs_no_plan")
        return blocks.section(account, "needs", [lead(words), *_known(account)])
    keys = ("need_layer", "need_stated", "need_hidden", "need_evidence", "need_answer")
    columns = [(key, word(account, key), "text") for key in keys]
    ordered = sorted(plan["needs"], key=lambda need: LAYERS.index(need["layer"]))
    return blocks.section(account, "needs", [blocks.table(account, columns, [_row(account, need) for need in ordered]), *_known(account)])


def _row(account, need: dict) -> list[str]:
    answers = {entry["id"].removeprefix("answer_"): entry["name"][account.language] for entry in playbook("account_file")["answers"]}
    blank = reading.say(account, "nothing")
    hidden, evidence = (need.get(key) or blank for key in ("hidden", "evidence"))
    return [word(account, f"layer_{need['layer']}"), need["stated"], hidden, evidence, answers.get(need.get("answer"), blank)]


def _known(account) -> list[dict]:
    """Say how complete and how confirmed the account file is, what it lacks first, and which beliefs are only assumed."""
    lines = []
    if reading.figure(account, "file_completeness_share") is not None:
        lines.append(note(told(account, "file_complete", share=figure(account, "file_completeness_share"), missing=_missing(account))))
    if reading.figure(account, "confidence_share") is not None:
        places = {"share": "confidence_share", "facts": "filled_facts_count"}
        lines.append(note(told(account, "file_confirmed", **{place: figure(account, metric) for place, metric in places.items()})))
    kinds, least = reading.figure(account, "source_types_count"), account.policy["stakeholders.fewest_source_types"]["value"]
    if kinds is not None and kinds < least:
        places = {"count": figure(account, "source_types_count"), "kinds": blocks.count(account, least)}
        lines.append(note(told(account, "file_channels", **places)))
    beliefs = account.plan["beliefs"] if account.plan else []
    assumed = [belief["text"] for belief in beliefs if fact_state(belief["sources"]) != "confirmed"]
    wrong = [belief["text"] for belief in beliefs if belief["state"] == "confirmed" and fact_state(belief["sources"]) != "confirmed"]
    semicolon = reading.say(account, "semicolon")
    lines += [note(word(account, "beliefs_assumed", listed=semicolon.join(assumed)))] if assumed else []
    return lines + ([note(word(account, "beliefs_wrong", listed=semicolon.join(wrong)))] if wrong else [])


def _missing(account) -> str:
    fields = [field for section in playbook("account_file")["sections"] for field in section["fields"]]
    lacking = [field["name"][account.language] for field in fields if field["id"] not in account.file]
    return blocks.names(account, lacking, most=MOST_MISSING) if lacking else reading.say(account, "nothing")
