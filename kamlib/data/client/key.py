"""The answer key of a synthetic client: what is planted, of whom, where it is found, and how much money is at stake."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

from kamlib.checks import KamError
from kamlib.data.client.cast import Cast
from kamlib.data.client.pay import PAY_PLANS
from kamlib.data.client.readings import Books
from kamlib.data.client.told import LANGUAGES, tell
from kamlib.data.sample.profiles import AS_OF

VERSION = 1
Words = Mapping[str, str]


@dataclass(frozen=True)
class Planted:
    """One planted story.

    Parameters
    ----------
    story : str
        Its key.
    subjects, names : tuple of str
        Whom it is told of: ids, each of which a diagnosis may name, and their names.
    amount : float
        Money at stake.
    readings : dict of str to float
        Figures of the explanation.
    title, found_in, at_stake, explanation : dict of str to str
        Texts in ``en`` and ``zh``; `at_stake` says how the amount is worked out.
    """

    story: str
    subjects: tuple[str, ...]
    names: tuple[str, ...]
    amount: float
    readings: Mapping[str, float]
    title: Words
    found_in: Words
    at_stake: Words
    explanation: Words


@dataclass(frozen=True)
class Decoy:
    """A healthy account, or manager, that looks like a story in one measure.

    Parameters
    ----------
    story : str
    subjects, names : tuple of str
    explanation : dict of str to str
        Why it is none, in ``en`` and ``zh``.
    """

    story: str
    subjects: tuple[str, ...]
    names: tuple[str, ...]
    explanation: Words


@dataclass(frozen=True)
class AnswerKey:
    """Everything a trainer needs to judge a diagnosis.

    Parameters
    ----------
    version : int
        Of this format.
    client, as_of, currency : str
    seed : int
        With `difficulty` it makes the same client again.
    difficulty : str
    subjects : dict of str to str
        Every account, manager and pay plan of the client, by id, with its name.
    stories : tuple of Planted
    decoys : tuple of Decoy
    """

    version: int
    client: str
    as_of: str
    currency: str
    seed: int
    difficulty: str
    subjects: Mapping[str, str]
    stories: tuple[Planted, ...]
    decoys: tuple[Decoy, ...]

    @property
    def total_amount(self) -> float:
        """Money at stake in all stories."""
        return sum(planted.amount for planted in self.stories)


@cache
def story_words() -> dict[str, dict[str, Words]]:
    """Return the texts of the stories by key, in the order of the file.

    Returns
    -------
    dict of str to dict
        ``subject title found_in at_stake told decoy``, each with ``en`` and ``zh``.

    Examples
    --------
    >>> story_words()["silent_churner"]["title"]["zh"]
    '沉默流失'
    """
    return YAML(typ="safe").load(files("kamlib.data.client").joinpath("stories.yaml").read_text(encoding="utf-8"))


def answer_key(cast: Cast, tables: dict) -> AnswerKey:
    """Work out the answer key from the cast and the client's own tables.

    Parameters
    ----------
    cast : Cast
    tables : dict of str to list of dict

    Returns
    -------
    AnswerKey
    """
    books = Books(cast, tables)
    subjects = {account.account_id: account.name for account in cast.accounts} | {row[0]: row[1] for row in cast.managers}
    subjects |= {plan: plan for plan in PAY_PLANS}
    stories = tuple(_planted(story, named, books, subjects) for story, named in cast.stories.items())
    decoys = tuple(_decoy(story, named, books, subjects) for story, named in cast.decoys.items())
    return AnswerKey(VERSION, cast.name, AS_OF.isoformat(), "CNY", cast.seed, cast.difficulty, subjects, stories, decoys)


def key_text(key: AnswerKey) -> str:
    """Write the key as JSON.

    Parameters
    ----------
    key : AnswerKey

    Returns
    -------
    str
    """
    return json.dumps(asdict(key), ensure_ascii=False, sort_keys=True)


def read_key(text: str) -> AnswerKey:
    """Read a key that `key_text` wrote.

    Parameters
    ----------
    text : str

    Returns
    -------
    AnswerKey

    Raises
    ------
    KamError
        ``KAM-X08``: it is of another version.
    """
    found = json.loads(text)
    if found.get("version") != VERSION:
        why = f"holds a key of version {found.get('version')}; this kamlib reads version {VERSION}"
        raise KamError("KAM-X08", why, "open it with the kamlib that made it", file="answer_key.sealed")
    stories = tuple(Planted(**_tuples(row)) for row in found.pop("stories"))
    decoys = tuple(Decoy(**_tuples(row)) for row in found.pop("decoys"))
    return AnswerKey(**found, stories=stories, decoys=decoys)


def _tuples(row: dict) -> dict:
    return row | {name: tuple(row[name]) for name in ("subjects", "names")}


def _planted(story: str, subjects: tuple[str, ...], books: Books, names: Words) -> Planted:
    words, telling = story_words()[story], tell(story, subjects, books)
    explanation = {language: words["told"][language].format(**telling.places(language)) for language in LANGUAGES}
    named = tuple(names[subject] for subject in subjects)
    texts = {name: dict(words[name]) for name in ("title", "found_in", "at_stake")}
    return Planted(story, subjects, named, telling.amount, telling.readings, **texts, explanation=explanation)


def _decoy(story: str, subjects: tuple[str, ...], books: Books, names: Words) -> Decoy:
    words, telling = story_words()[story], tell(story, subjects, books, is_decoy=True)
    explanation = {language: words["decoy"][language].format(**telling.places(language)) for language in LANGUAGES}
    return Decoy(story, subjects, tuple(names[subject] for subject in subjects), explanation)
