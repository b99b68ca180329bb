"""Scores a team's diagnosis of a synthetic client against the answer key: what was found, missed and wrongly named, and the money."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kamlib.checks import InvalidInput, KamError
from kamlib.data.client import STORY_KEYS, AnswerKey, Planted
from kamlib.data.yaml_file import YamlFile, load_yaml

NAMES = ("account", "story", "money")
NEEDED = ("account", "story")
NOWHERE = "diagnosis"


@dataclass(frozen=True)
class Named:
    """One entry of a diagnosis.

    Parameters
    ----------
    account : str
        An account's id; for ``pay_cliff`` a manager's or a pay plan's.
    story : str
        A story's key.
    money : float or None
        The team's own estimate of the money at stake.
    file : str
    line : int or None
        Where it stands.
    """

    account: str
    story: str
    money: float | None = None
    file: str = NOWHERE
    line: int | None = None


@dataclass(frozen=True)
class Found:
    """A planted story that was named of one whom it is told of.

    Parameters
    ----------
    named : Named
        The first entry that names it.
    planted : Planted
    """

    named: Named
    planted: Planted


@dataclass(frozen=True)
class Wrong:
    """An entry that names what is not there.

    Parameters
    ----------
    named : Named
    reason : str
        ``wrong_story``: of this account another story is told; ``decoy``: it looks like the story and is healthy;
        ``wrong_account``: the story is told of another; ``not_there``: the story is not told in this client.
    told : str
        With ``wrong_story`` the key of the story that is told.
    """

    named: Named
    reason: str
    told: str = ""


@dataclass(frozen=True)
class DiagnosisScore:
    """How good a diagnosis is.

    Parameters
    ----------
    precision, recall, f1 : float
        0 to 1, or NaN where undefined: see `score_diagnosis`.
    money_found_amount, money_total_amount : float
        Money at stake, by the key, in the stories found and in all.
    money_share : float
        Found over all; NaN where nothing is at stake.
    found : tuple of Found
    missed : tuple of Planted
    false : tuple of Wrong
    """

    precision: float
    recall: float
    f1: float
    money_found_amount: float
    money_total_amount: float
    money_share: float
    found: tuple[Found, ...]
    missed: tuple[Planted, ...]
    false: tuple[Wrong, ...]


def read_diagnosis(path: str | Path) -> tuple[Named, ...]:
    """Read a diagnosis: a YAML list of ``{account, story, money}``.

    Parameters
    ----------
    path : str or Path
        An empty file, or an empty list, names nothing.

    Returns
    -------
    tuple of Named
        In the order of the file.

    Raises
    ------
    InvalidInput
        ``KAM-P01``: no plain YAML. ``KAM-P03``: not a list, or an entry with an unknown, missing or unusable value; each with its line.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "team-1.yaml"
    ...     _ = file.write_text("- {account: A05, story: silent_churner, money: 900000}\\n")
    ...     read_diagnosis(file)
    (Named(account='A05', story='silent_churner', money=900000.0, file='team-1.yaml', line=1),)
    """
    file = load_yaml(Path(path))
    rows = [] if file.data is None else file.data
    if not isinstance(rows, list):
        why = f"must be a list of entries, got {_kind(rows)}"
        raise InvalidInput([_problem(file, 1, why, "begin each entry with a hyphen: - {account: …, story: …}")])
    problems = [problem for number, row in enumerate(rows) for problem in _entry_problems(file, number, row)]
    if problems:
        raise InvalidInput(problems)
    return tuple(_named(file, number, row) for number, row in enumerate(rows))


def score_diagnosis(diagnosis: Iterable[Named | Mapping[str, Any]], key: AnswerKey) -> DiagnosisScore:
    """Score a diagnosis.

    Parameters
    ----------
    diagnosis : iterable of Named, or of mappings with ``account``, ``story`` and perhaps ``money``
        Of `read_diagnosis`, or made by a program.
    key : AnswerKey
        Of `kamlib.data.client.open_key`.

    Returns
    -------
    DiagnosisScore

    Raises
    ------
    InvalidInput
        ``KAM-K02``: an account, manager or plan that the client does not have. ``KAM-P03``: an unknown story or key. Each with file
        and line where the diagnosis has them.

    Notes
    -----
    With f stories found, m missed and w wrong entries: precision = f ÷ (f + w), recall = f ÷ (f + m), F1 = 2f ÷ (2f + m + w).
    A story counts as found once, however often it is named and of whichever of its accounts; a wrong entry counts once, too, if it
    stands twice. Nothing named: precision is NaN, recall and F1 are 0. Nothing planted: recall is NaN, and F1 too if nothing was
    named. The team's own estimates of money do not enter the score.

    Examples
    --------
    >>> from kamlib.data.client import client_files
    >>> _, key = client_files(7, "easy")
    >>> one = key.stories[0]
    >>> found = score_diagnosis([{"account": one.subjects[0], "story": one.story}], key)
    >>> found.precision, round(found.recall, 3), round(found.f1, 3), found.money_found_amount == one.amount
    (1.0, 0.333, 0.5, True)
    """
    named = tuple(row if isinstance(row, Named) else _of_mapping(row) for row in diagnosis)
    problems = [problem for entry in named for problem in _unknown(entry, key)]
    if problems:
        raise InvalidInput(problems)
    found, wrong = {}, {}
    for entry in named:
        planted = next((one for one in key.stories if one.story == entry.story and entry.account in one.subjects), None)
        if planted:
            found.setdefault(planted.story, Found(entry, planted))
        else:
            wrong.setdefault((entry.account, entry.story), _wrong(entry, key))
    missed = tuple(one for one in key.stories if one.story not in found)
    amount = math.fsum(one.planted.amount for one in found.values())
    f, m, w = len(found), len(missed), len(wrong)
    return DiagnosisScore(
        precision=_ratio(f, f + w),
        recall=_ratio(f, f + m),
        f1=_ratio(2 * f, 2 * f + m + w),
        money_found_amount=amount,
        money_total_amount=key.total_amount,
        money_share=_ratio(amount, key.total_amount),
        found=tuple(found.values()),
        missed=missed,
        false=tuple(wrong.values()),
    )


def _of_mapping(row: Mapping[str, Any]) -> Named:
    wrong = [name for name in row if name not in NAMES] + [name for name in NEEDED if name not in row]
    if wrong:
        why = f"{wrong[0]} is {'unknown in' if wrong[0] in row else 'missing from'} an entry"
        raise InvalidInput([KamError("KAM-P03", why, f"write {', '.join(NAMES)}", file=NOWHERE)])
    return Named(**row)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _wrong(entry: Named, key: AnswerKey) -> Wrong:
    told = next((one.story for one in key.stories if entry.account in one.subjects), "")
    if told:
        return Wrong(entry, "wrong_story", told)
    if any(entry.account in one.subjects and one.story == entry.story for one in key.decoys):
        return Wrong(entry, "decoy")
    return Wrong(entry, "wrong_account" if any(one.story == entry.story for one in key.stories) else "not_there")


def _unknown(entry: Named, key: AnswerKey) -> Iterator[KamError]:
    place = {"file": entry.file, "line": entry.line}
    if entry.account not in key.subjects:
        near = get_close_matches(entry.account, key.subjects, n=1)
        fix = f"did you mean {near[0]}?" if near else "take an id of data/accounts.csv, data/managers.csv or a plan of pay.yaml"
        yield KamError("KAM-K02", "is no account, manager or pay plan of this client", fix, column="account", value=entry.account, **place)
    if entry.story not in STORY_KEYS:
        why = f"is no story; there are {', '.join(STORY_KEYS)}"
        near = get_close_matches(entry.story, STORY_KEYS, n=1)
        fix = f"did you mean {near[0]}?" if near else "take one of them"
        yield KamError("KAM-P03", why, fix, column="story", value=entry.story, **place)


def _entry_problems(file: YamlFile, number: int, row: Any) -> Iterator[KamError]:
    line, _ = file.place((number,))
    if not isinstance(row, dict):
        yield _problem(file, line, f"an entry must have account and story, got {_kind(row)}", "write - {account: …, story: …}")
        return
    for name in row:
        if name not in NAMES:
            why = f"is unknown in an entry; allowed: {', '.join(NAMES)}"
            yield _problem(file, file.place((number, name))[0], why, "take it out or correct it", value=name)
    for name in NEEDED:
        if row.get(name) in (None, ""):
            yield _problem(file, line, f"{name} is missing", f"add {name}:", column=name)
        elif isinstance(row[name], dict | list):
            yield _problem(file, file.place((number, name))[0], f"{name} must be a text", "name one", column=name)
    money = row.get("money")
    if money is not None and not (isinstance(money, int | float) and not isinstance(money, bool) and 0 <= money < math.inf):
        line = file.place((number, "money"))[0]
        yield _problem(file, line, "money must be an amount of 0 or more", "write digits only, or leave it out", "money", str(money))


def _named(file: YamlFile, number: int, row: dict) -> Named:
    money = None if row.get("money") is None else float(row["money"])
    return Named(str(row["account"]).strip(), str(row["story"]).strip(), money, file.name, file.place((number,))[0])


def _problem(file: YamlFile, line: int, why: str, fix: str, column: str | None = None, value: str | None = None) -> KamError:
    return KamError("KAM-P03", why, fix, file=file.name, line=line, column=column, value=value)


def _kind(value: Any) -> str:
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else f"{value!r}"
