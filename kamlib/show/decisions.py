"""What to decide: risks and chances with money on them, the next moves in words, what the plan leaves open, what has moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from kamlib.lifecycle import RELATIONSHIP_STAGES
from kamlib.playbook import line_words, playbook
from kamlib.show import facts, reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import lead, told, word

FEWEST_MOVES = 3  # below it the page adds what segment and stage ask for anyway
SMALLEST = 0.005  # a part of the index that would be written as 0
MOST_PARTS, CHEAPEST = 3, 0.5


@dataclass(frozen=True)
class ShownMove:
    """One move as the page lists it."""

    id: str
    action: str
    reason: str
    money: float | None
    owner: str
    due: date
    state: str
    cause: str


def listed_moves(account) -> list[ShownMove]:
    """Return the moves of the first page in words: those of the rules, filled up with what segment and stage ask for.

    Parameters
    ----------
    account : Pack

    Returns
    -------
    list of ShownMove
    """
    found = [shown_move(account, move) for move in account.data.get("moves", [])]
    if len(found) < FEWEST_MOVES:
        usual = word(account, "move_usual")
        own, manager = playbook("roles")["manager"][account.language], _owner(account, "manager")
        named = [(step, manager if step.owner == own else step.owner) for step in facts.moves(account)]
        steps = [ShownMove(step.id, step.action, usual, None, owner, step.due, "proposed", step.id) for step, owner in named]
        found += steps[: FEWEST_MOVES - len(found)]
    return found


def risks(account) -> list[Markup]:
    """Return the two risks with most money on them, in words."""
    return [_stake(account, *entry) for entry in account.data.get("risks", []) if entry[2] >= CHEAPEST]


def chances(account) -> list[Markup]:
    """Return the two chances with most money on them, in words."""
    return [_stake(account, *entry) for entry in account.data.get("chances", []) if entry[2] >= CHEAPEST]


def plan_critic(account) -> None:
    """Publish what the plan leaves open, the gravest first, and what mends it."""
    critic = account.data.get("critic") or {"quality_score": None, "found": []}
    if critic["quality_score"] is None:
        return blocks.section(account, "plan_critic", [lead(word(account, "critic_no_plan"))])
    book = {entry["id"]: entry for entry in playbook("moves")["critic"]}
    score = blocks.strong(text.number(critic["quality_score"], "score", language=account.language))
    sentences = [lead(told(account, "critic_score", score=score, count=len(critic["found"])))]
    columns = [(key, word(account, f"critic_{key}"), "text") for key in ("lint", "where", "severity", "fix")]
    rows = []
    for name, objects in sorted(critic["found"], key=lambda pair: -book[pair[0]]["severity"]):
        entry = book[name]
        where = word(account, "critic_account") if objects == ["account"] else reading.say(account, "comma").join(objects)
        grave = word(account, f"critic_severity_{entry['severity']}")
        rows.append([entry["name"][account.language], where, grave, entry["fix"][account.language]])
    return blocks.section(account, "plan_critic", [*sentences, *([blocks.table(account, columns, rows)] if rows else [])])


def what_moved(account) -> None:
    """Publish what has changed since the last review, each change in parts that add up, and what became of what was agreed."""
    moved = account.data.get("moved")
    if not moved:
        return blocks.section(account, "what_moved", [lead(word(account, "moved_none"))])
    since = text.day(date.fromisoformat(moved["since"]), language=account.language)
    columns = [("metric", word(account, "moved_metric"), "text")]
    columns += [(key, word(account, f"moved_{key}"), "text") for key in ("then", "now", "parts")]
    rows = [[reading.label(account, name), *_then_now(account, name), _parts(account, name)] for name in _PARTS]
    rows = [row for row in rows if row[1] != row[2] or row[3]]
    shown = [blocks.table(account, columns, rows)] if rows else []
    sentences = [lead(word(account, "moved_since" if rows else "moved_still", day=since))]
    return blocks.section(account, "what_moved", [*sentences, *shown, *(lead(words) for words in _became(account, moved))])


def shown_move(account, move: dict) -> ShownMove:
    """Put a move of the pack into words.

    Parameters
    ----------
    account : Pack
        Gives language, currency and manager.
    move : dict

    Returns
    -------
    ShownMove
    """
    owner = _owner(account, move["owner"])
    action = move["text"] or _action(account, move)
    money = move["money"] if (move["money"] or 0) >= CHEAPEST else None
    return ShownMove(
        move["id"], action, _reason(account, move), money, owner, date.fromisoformat(move["due"]), move["state"], move["cause"]
    )


def _owner(account, owner: str) -> str:
    """Name who does it: the manager by name, a role in words, anybody else as the plan has it."""
    manager = account.manager
    if manager and owner in ("manager", manager["manager_id"]):
        return manager["name"] or manager["manager_id"]
    roles = playbook("roles")
    return roles[owner][account.language] if owner in roles else owner


def _action(account, move: dict) -> str:
    language, rule, places = account.language, move["rule"], move["places"]
    rules = {entry["id"]: entry for entry in playbook("moves")["rules"]}
    if rule == "signal":
        entry = playbook("warning")[move["subject"]]
        key = "move_at_a_loss" if places.get("no_price") and "move_at_a_loss" in entry else "move"
        return text.closed(entry[key][language])
    if rule == "overdue":
        return places["text"]
    if rule == "lint":
        return next(entry["fix"][language] for entry in playbook("moves")["critic"] if entry["id"] == move["subject"])
    filled = {name: places[name] for name in ("line",) if name in places}
    if "amount" in places:
        filled["amount"] = text.number(places["amount"], "amount", language=language, currency=account.currency)
    if "count" in places:
        filled["count"] = blocks.count(account, places["count"])
    if rule == "price":
        return text.fill(rules[rule]["words"][move["subject"]][language], **filled)
    if rule == "cadence":
        filled["action"] = _line_words(places["line"], language)
    if rule == "gap":
        dimension = _dimension(places["dimension"])
        filled["dimension"] = text.inside(dimension["name"][language])
        filled["anchor"] = dimension["anchors"][RELATIONSHIP_STAGES[int(places["level"]) - 1]][language]
    return text.fill(rules[rule]["words"][language], **filled)


def _reason(account, move: dict) -> str:
    rules = {entry["id"]: entry for entry in playbook("moves")["rules"]}
    name = rules[move["rule"]]["name"][account.language]
    if move["rule"] == "signal":
        return word(account, "move_reason", rule=name, what=text.inside(reading.label(account, f"{move['subject']}_signal")))
    if move["rule"] == "overdue":
        return word(account, "move_late", rule=name, days=blocks.count(account, move["places"]["late"]))
    if move["rule"] == "lint":
        found = next(entry["name"][account.language] for entry in playbook("moves")["critic"] if entry["id"] == move["subject"])
        return word(account, "move_reason", rule=name, what=text.inside(found))
    return name


def _stake(account, rule: str, subject: str, money: float) -> Markup:
    amount = blocks.strong(text.number(money, "amount", language=account.language, currency=account.currency))
    if rule == "signal":
        words = reading.label(account, f"{subject}_signal")
    elif rule == "price":
        words = word(account, f"stake_price_{subject}")
    elif rule == "gap":
        words = word(account, "stake_gap", dimension=text.inside(_dimension(subject)["name"][account.language]))
    else:
        words = word(account, "stake_whitespace", line=subject)
    return told(account, "stake", what=words, amount=amount)


def _line_words(line: str, language: str) -> str:
    home = next(book for book in ("segments", "lifecycle", "stars", "tiers") if _has_line(book, line))
    return text.closed(line_words(f"{home}.{line}", language))


def _has_line(book: str, line: str) -> bool:
    return any(entry["id"] == line for home in playbook(book).values() if isinstance(home, dict) for entry in home.get("lines", []))


def _dimension(name: str) -> dict:
    return next(entry for entry in playbook("relationship")["dimensions"] if entry["id"] == name)


def _then_now(account, metric: str) -> list[str]:
    then, now = account.moved["numbers"][metric]
    blank = reading.say(account, "nothing")
    return [blank if value is None else reading.write(account, metric, value) for value in (then, now)]


def _parts(account, metric: str) -> str:
    """Say which parts moved a number; they add up to its change."""
    return _PARTS[metric](account, account.moved)


def _line_parts(account, moved: dict) -> str:
    states = [entry for entry in moved["lines"] if entry[1]]
    parts = [word(account, f"moved_line_{state}", count=count, amount=_signed(account, amount)) for state, count, amount in states]
    return word(account, "moved_lines", parts=reading.say(account, "comma").join(parts)) if parts else ""


def _margin_parts(account, moved: dict) -> str:
    walk = moved["margin"]["parts"] if moved["margin"] else {}
    names = sorted((name for name, part in walk.items() if part), key=lambda name: -abs(walk[name]))
    if not names:
        return ""
    parts = [f"{text.inside(word(account, f'walk_{name}'))} {_signed(account, walk[name])}" for name in names]
    whole = word(account, "moved_margin", amount=_signed(account, moved["margin"]["change"]))
    return whole + reading.say(account, "colon") + reading.say(account, "comma").join(parts)


def _risk_parts(account, moved: dict) -> str:
    lit = {name: part for name, part in moved["risk"].items() if abs(part) >= SMALLEST}
    parts = [f"{text.inside(reading.label(account, f'{name}_signal'))} {_plus(part, account.language)}" for name, part in lit.items()]
    return reading.say(account, "comma").join(parts)


def _rating_parts(account, moved: dict) -> str:
    """Say which ratings changed; those given for the first time changed nothing, they are new."""
    named = [(text.inside(_dimension(name)["name"][account.language]), then, now) for name, then, now in moved["ratings"]]
    not_rated, comma = reading.code_words("not_rated", language=account.language), reading.say(account, "comma")
    parts = [f"{name} {int(then)} → {not_rated if now is None else int(now)}" for name, then, now in named if then is not None]
    first = [f"{name} {int(now)}" for name, then, now in named if then is None]
    parts += [word(account, "moved_first_rated", listed=comma.join(first))] if first else []
    return reading.say(account, "semicolon").join(parts) if first else comma.join(parts)


_PARTS = {"revenue_amount": _line_parts, "margin_rate": _margin_parts, "loss_risk": _risk_parts, "relationship_score": _rating_parts}


def _became(account, moved: dict) -> Iterator[str]:
    """Say what became of actions, forecasts and decisions."""
    done, slipped = moved["actions"]["done"], moved["actions"]["slipped"]
    semicolon = reading.say(account, "semicolon")
    if done:
        yield word(account, "moved_done", listed=semicolon.join(done[:MOST_PARTS]))
    if slipped:
        yield word(account, "moved_slipped", listed=semicolon.join(slipped[:MOST_PARTS]))
    if moved["undecided_count"]:
        yield word(account, "moved_owed", count=moved["undecided_count"])
    if moved["forecast"]:
        wape, bias = moved["forecast"]
        shown = text.number(wape, "rate", language=account.language)
        lean = text.number(abs(bias or 0.0), "rate", language=account.language)
        yield word(account, "moved_forecast_high" if (bias or 0) > 0 else "moved_forecast_low", wape=shown, bias=lean)
    due = text.day(date.fromisoformat(moved["risk_due_on"]), language=account.language)
    yield word(account, "moved_risk_due", day=due)


def _signed(account, amount: float) -> str:
    written = text.number(abs(amount), "amount", language=account.language, currency=account.currency)
    return f"{'−' if amount < 0 else '+'}{written}"


def _plus(part: float, language: str) -> str:
    return f"{'−' if part < 0 else '+'}{text.number(abs(part), 'index', language=language)}"
