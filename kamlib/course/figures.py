"""Figures of the client as texts name them: looked up, computed, counted, and written in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kamlib.checks import KamError
from kamlib.course.client import Client
from kamlib.course.schema import Rule, Value
from kamlib.playbook import playbook
from kamlib.receipts import recompute
from kamlib.scores.facts import PORTFOLIO
from kamlib.show import reading, text
from kamlib.show.text.numbers import MINUS

NAME = "name"
PLAIN = "plain"
_POLICY_UNITS = {
    **dict.fromkeys(("CNY", "CNY a month", "money"), "amount"),
    **dict.fromkeys(("share", "share of the year-ago value"), "share"),
    **dict.fromkeys(("rate", "rate a year"), "rate"),
    **{unit: unit for unit in ("count", "days", "months", "score", "index")},
}


@dataclass(frozen=True)
class Figure:
    """One figure of the client as a text names it; written by ``format``.

    Parameters
    ----------
    value : float or str
        A number, the key of a class, or words.
    unit : str
        Of the registry; ``text`` for words.
    language, currency : str
    metric : str
        Metric id of a class, which names it.

    Examples
    --------
    >>> top = Figure(0.4473, "share", "en", "CNY")
    >>> f"{top} {top:0}", f"{Figure(14_202_841.0, 'amount', 'zh', 'CNY')}", f"{Figure(14_202_841.0, 'amount', 'zh', 'CNY'):full}"
    ('44.7% 45%', '¥1,420.3万', '¥14,202,841')
    """

    value: float | str
    unit: str
    language: str
    currency: str
    metric: str = ""

    def __str__(self) -> str:
        """Write it with its unit."""
        return format(self, "")

    def __format__(self, form: str) -> str:
        """Write it: with its unit; ``:2`` with two decimals (shares in per cent), ``:full`` an amount unshortened."""
        if isinstance(self.value, str):
            return reading.class_words(self.value, self.metric, language=self.language) if self.metric else self.value
        if form == "full":
            sign = MINUS if round(self.value) < 0 else ""
            return sign + text.symbol(self.currency, language=self.language) + text.decimal(abs(self.value), 0, language=self.language)
        if form and self.unit in ("share", "rate"):
            return text.decimal(100 * self.value, int(form), language=self.language) + "%"
        if form or self.unit == PLAIN:
            places = int(form) if form else len(f"{self.value:.10g}".partition(".")[2])
            return text.decimal(self.value, places, language=self.language)
        return text.number(self.value, self.unit, language=self.language, currency=self.currency)


def dug(data: Mapping, path: str) -> float | str:
    """Return what stands at a dotted path of a pack; lists are counted from 0.

    Examples
    --------
    >>> dug({"pay": {"plans": [{"quota": 1.5}]}}, "pay.plans.0.quota")
    1.5

    Raises
    ------
    KamError
        ``KAM-R08``: the path leads nowhere, or to no number or text.
    """
    found, done = data, []
    for step in path.split("."):
        known = (
            [str(place) for place in range(len(found))] if isinstance(found, list) else list(found) if isinstance(found, Mapping) else []
        )
        if step not in known:
            where = ".".join(done) or "the pack"
            raise KamError("KAM-R08", f"leads nowhere: {where} has no {step}", f"take one of {', '.join(known[:12])}", value=path)
        found = found[int(step)] if isinstance(found, list) else found[step]
        done.append(step)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise KamError("KAM-R08", "is no number and no text", "go on to one of its parts", value=path)
    return found if isinstance(found, str) else float(found)


def figures(values: Mapping[str, Value], client: Client, *, language: str) -> dict[str, Figure]:
    """Look up or compute what a text names, in the order of the file: what is computed may use what stands before it.

    Parameters
    ----------
    values : mapping of str to Value
    client : Client
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    dict of str to Figure

    Raises
    ------
    KamError
        ``KAM-R08``: something is not there or not measured.
    """
    found: dict[str, Figure] = {}
    for name, value in values.items():
        content, unit, metric = _value(value, client, {key: figure.value for key, figure in found.items()}, language)
        found[name] = Figure(content, unit, language, client.engagement.currency, metric)
    return found


def listed(accounts: Iterable[str], client: Client, *, language: str) -> str:
    """Name accounts with their ids.

    Returns
    -------
    str
    """
    form = "{}（{}）" if language == "zh" else "{} ({})"
    return text.say("comma", language=language).join(form.format(client.names[key], key) for key in accounts)


def _value(value: Value, client: Client, known: Mapping[str, float | str], language: str) -> tuple[float | str, str, str]:
    """Return content, unit and, for a class, its metric."""
    if value.level == "policy":
        return _policy(value.metric, client)
    if value.level in ("pack", "backtest"):
        return dug(_pack(value, client), value.metric), value.unit, ""
    if value.metric == NAME and value.level == "account":
        return client.names[client.chosen(Rule(ids=[value.id]))[0]], "text", ""
    if value.metric:
        found = client.score(value.level, value.id or PORTFOLIO, value.metric)
        unit = playbook("metrics")[value.metric]["unit"]
        return found, "count" if unit == "flag" else unit, value.metric if isinstance(found, str) else ""
    if value.of:
        numbers = {name: number for name, number in known.items() if not isinstance(number, str)}
        return recompute(value.of, numbers), value.unit, ""
    if value.count:
        return float(len(client.chosen(value.count))), "count", ""
    if value.names:
        return listed(client.chosen(value.names), client, language=language), "text", ""
    return sum(client.score("account", key, value.total) for key in client.chosen(value.over)), playbook("metrics")[value.total]["unit"], ""


def _pack(value: Value, client: Client) -> dict:
    if value.level == "backtest":
        return client.backtest
    return client.account_pack(value.id) if value.id in client.names else client.manager_pack(value.id)


def _policy(path: str, client: Client) -> tuple[float, str, str]:
    leaf = client.engagement.policy.leaves().get(path)
    if leaf is None or isinstance(leaf["value"], bool | str):
        raise KamError("KAM-R08", "is no number of the policy", "take a path of playbook/policy.yaml", value=path)
    return float(leaf["value"]), _POLICY_UNITS.get(leaf["unit"], PLAIN), ""
