"""M25: the next moves of one account: which rule asks for what, what it is worth, how urgent it is, what was decided of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from kamlib.playbook import playbook
from kamlib.policy import MoveRules

STRENGTHS = (0.5, 1.0)  # bands of a signal: lit, strong, full


@dataclass(frozen=True)
class AccountFacts:
    """What is known of one account, as far as moves are concerned; money is of the engagement's currency.

    Parameters
    ----------
    revenue : float
        Of twelve months.
    signals : mapping of str to float
        Strength by signal, measured ones only.
    weights : mapping of str to float
        Of the signals.
    gaps : sequence of (dimension, next level)
        What keeps the account from the next stage, the largest shortfall first.
    stage_gain : float
        What the relationship would be worth more at the next stage; NaN where not known.
    whitespace : sequence of (product line, estimate)
    missed : sequence of (line, touches missed)
        Lines of the playbook whose touches of twelve months were missed.
    overdue : sequence of mapping
        Actions of the plan that are late: ``id text owner due``.
    prices : mapping of str to (count, amount)
        Exceptions without a reason by kind.
    lints : sequence of str
        What the critic found.
    """

    revenue: float
    signals: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    gaps: Iterable[tuple[str, int]] = ()
    stage_gain: float = float("nan")
    whitespace: Iterable[tuple[str, float]] = ()
    missed: Iterable[tuple[str, int]] = ()
    overdue: Iterable[Mapping[str, Any]] = ()
    prices: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    lints: Iterable[str] = ()

    def sells_at_a_loss(self, rules: MoveRules) -> bool:
        """Tell whether so much is sold below cost that selling more is no chance (decision 0064)."""
        return self.prices.get("below_cost", (0, 0.0))[1] > rules.other_share * max(self.revenue, 0.0)


@dataclass(frozen=True)
class Move:
    """One proposed move.

    Parameters
    ----------
    id : str
        Rule and subject; the same from run to run.
    rule, subject : str
    cause : str
        Rule, subject and band; when it changes, a dismissed move returns.
    owner : str
        A role, or for an overdue action the person.
    due : date
    money : float
        At stake; a ranking aid, no forecast.
    urgency : float
    places : mapping
        What the words of the rule name.
    state : str
        proposed, accepted or edited.
    text : str or None
        Of an edited move.
    """

    id: str
    rule: str
    subject: str
    cause: str
    owner: str
    due: date
    money: float
    urgency: float
    places: Mapping[str, Any] = field(default_factory=dict)
    state: str = "proposed"
    text: str | None = None


@dataclass(frozen=True)
class Decision:
    """What was decided of a move.

    Parameters
    ----------
    state : str
        accepted, edited or dismissed.
    cause : str
        For which cause.
    text, owner : str or None
    due : date or None
    """

    state: str
    cause: str
    text: str | None = None
    owner: str | None = None
    due: date | None = None


def proposals(facts: AccountFacts, *, as_of: date, rules: MoveRules) -> list[Move]:
    """Return every move that a rule asks for, the weightiest first.

    Parameters
    ----------
    facts : AccountFacts
    as_of : date
    rules : MoveRules

    Returns
    -------
    list of Move
        By money × urgency, then due date, then id.

    References
    ----------
    [S2b], [S0], [S1]; M25, ruling F74.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> facts = AccountFacts(1000.0, signals={"competitor": 1.0}, weights={"competitor": 0.45})
    >>> [(move.id, move.money, move.urgency) for move in proposals(facts, as_of=date(2026, 6, 30), rules=load_policy().moves)]
    [('signal.competitor', 450.0, 2.0)]
    """
    found = [replace(move, urgency=_urgency(move.due, as_of, rules)) for move in _candidates(facts, as_of, rules)]
    return sorted(found, key=lambda move: (-move.money * move.urgency, move.due, move.id))


def decided(found: Iterable[Move], decisions: Mapping[str, Decision], *, as_of: date, rules: MoveRules) -> tuple[list[Move], list[Move]]:
    """Apply what was decided: dismissed moves go while their cause stands, edited ones take their own words.

    Parameters
    ----------
    found : iterable of Move
        `proposals`.
    decisions : mapping of str to Decision
        By id of the move.
    as_of : date
    rules : MoveRules

    Returns
    -------
    tuple of two lists of Move
        Those that stand, in order, and those dismissed.

    References
    ----------
    M25, ruling F74.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> move = Move("lint.x", "lint", "x", "lint.x", "manager", date(2026, 7, 9), 9.0, 1.5)
    >>> stand, gone = decided([move], {"lint.x": Decision("dismissed", "lint.x")}, as_of=date(2026, 6, 30), rules=load_policy().moves)
    >>> len(stand), len(gone)
    (0, 1)
    """
    stand, gone = [], []
    for move in found:
        choice = decisions.get(move.id)
        if choice is None or (choice.state == "dismissed" and choice.cause != move.cause):
            stand.append(move)
        elif choice.state == "dismissed":
            gone.append(move)
        else:
            due = choice.due or move.due
            changed = {"state": choice.state, "text": choice.text, "owner": choice.owner or move.owner, "due": due}
            stand.append(replace(move, **changed, urgency=_urgency(due, as_of, rules)))
    return sorted(stand, key=lambda move: (-move.money * move.urgency, move.due, move.id)), gone


def next_moves(stand: Iterable[Move], *, rules: MoveRules) -> list[Move]:
    """Return the moves of the first page: of those that stand one per cause, the weightiest first, at most `rules.most`.

    Parameters
    ----------
    stand : iterable of Move
        The first list of `decided`, in its order.
    rules : MoveRules

    Returns
    -------
    list of Move

    References
    ----------
    M25, ruling F74.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> stand = [Move(name, "lint", "x", "lint.x.open", "manager", date(2026, 7, 9), 9.0, 1.5) for name in ("one", "two")]
    >>> [move.id for move in next_moves(stand, rules=load_policy().moves)]
    ['one']
    """
    first: dict[str, Move] = {}
    for move in stand:
        first.setdefault(move.cause, move)
    return list(first.values())[: rules.most]


def _candidates(facts: AccountFacts, as_of: date, rules: MoveRules) -> Iterator[Move]:
    book, small = {rule["id"]: rule for rule in playbook("moves")["rules"]}, rules.other_share * max(facts.revenue, 0.0)
    lit = {name for name, strength in facts.signals.items() if strength > 0}

    def move(rule: str, subject: str, band: int | str, owner: str, days: int, money: float, **places) -> Move:
        due = as_of + timedelta(days=days)
        return Move(f"{rule}.{subject}", rule, subject, f"{rule}.{subject}.{band}", owner, due, max(money, 0.0), 0.0, places)

    for name in sorted(lit):
        strength, entry = facts.signals[name], playbook("warning")[name]
        money = max(facts.revenue, 0.0) * facts.weights[name] * strength
        no_price = name == "competitor" and facts.prices.get("below_cost", (0, 0.0))[0] > 0
        places = {"strength": strength, "no_price": no_price}
        yield move("signal", name, bisect_right(STRENGTHS, strength), entry["owner"]["key"], entry["days"], money, **places)
    for action in facts.overdue:
        late = (as_of - action["due"]).days
        band = bisect_right(rules.overdue_days, late)
        found = move("overdue", action["id"], band, action["owner"] or "manager", 0, small, text=action["text"], late=late)
        yield replace(found, due=action["due"])
    for kind, (count, amount) in sorted(facts.prices.items()):
        if count:
            rule = book["price"]
            band = bisect_right(rule["bands"], count)
            yield move("price", kind, band, rule["owner"]["key"], rule["days"], max(small, amount), count=count, amount=amount)
    gaps = list(facts.gaps)
    for dimension, level in gaps[:1]:  # the dimension furthest behind opens the way; the others follow
        rule, gain = book["gap"], facts.stage_gain
        money = gain if gain == gain else small
        yield move("gap", dimension, level, rule["owner"]["key"], rule["days"], money, dimension=dimension, level=level)
    for line, estimate in facts.whitespace:
        if estimate > 0 and not facts.sells_at_a_loss(rules):
            rule = book["whitespace"]
            band = bisect_right(rule["bands"], estimate / facts.revenue) if facts.revenue > 0 else len(rule["bands"])
            yield move("whitespace", line, band, rule["owner"]["key"], rule["days"], estimate, line=line, amount=estimate)
    if book["cadence"]["unless"] not in lit:
        for line, missed in facts.missed:
            rule = book["cadence"]
            band = bisect_right(rule["bands"], missed)
            yield move("cadence", line, band, rule["owner"]["key"], rule["days"], small, line=line, count=missed)
    asked = {entry["id"]: entry for entry in playbook("moves")["critic"]}
    for lint in facts.lints:
        if asked[lint].get("move") and asked[lint].get("unless") not in lit:
            yield move("lint", lint, "open", book["lint"]["owner"]["key"], book["lint"]["days"], small)


def _urgency(due: date, as_of: date, rules: MoveRules) -> float:
    days = (due - as_of).days
    return next((factor for limit, factor in zip(rules.urgency_days, rules.urgency, strict=False) if days <= limit), rules.urgency[-1])
