"""The command ``kam client``: synthetic clients for teams to diagnose, their answer keys, and the score of a diagnosis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kamlib.cli.options import LANGUAGE

if TYPE_CHECKING:
    from kamlib.course.diagnosis import DiagnosisScore, Wrong
    from kamlib.data.client import AnswerKey, Planted

DIFFICULTIES = ("easy", "medium", "hard")
SEED_BITS = 62
FOLDER = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
CODE = click.option("--code", required=True, help="The code that `new` printed, or was given.")
WORDS = {
    "planted": {"en": "{count} stories, {amount} at stake", "zh": "共{count}个故事，涉及金额{amount}"},
    "drawn": {"en": "{client}, {day}; seed {seed}, {difficulty}", "zh": "{client}，{day}；种子{seed}，难度：{difficulty}"},
    "easy": {"en": "easy", "zh": "易"},
    "medium": {"en": "medium", "zh": "中"},
    "hard": {"en": "hard", "zh": "难"},
    "heading": {"en": "{title} ({story})", "zh": "{title}（{story}）"},
    "where": {"en": "Found in: {text}", "zh": "何处可见：{text}"},
    "stake": {"en": "At stake: {amount} = {text}", "zh": "涉及金额：{amount}＝{text}"},
    "decoys": {"en": "Decoys: they look bad in one measure and are healthy", "zh": "干扰项：某一指标难看，其实健康"},
    "precision": {"en": "Precision", "zh": "查准率"},
    "recall": {"en": "Recall", "zh": "查全率"},
    "f1": {"en": "F1", "zh": "F1"},
    "money": {"en": "Money found", "zh": "找到的金额"},
    "of_all": {"en": "{found} of {all} ({share})", "zh": "{found}，总额{all}，占{share}"},
    "undefined": {"en": "n/a", "zh": "无定义"},
    "found": {"en": "Found ({count})", "zh": "已找到（{count}）"},
    "missed": {"en": "Missed ({count})", "zh": "遗漏（{count}）"},
    "false": {"en": "Wrongly named ({count})", "zh": "误报（{count}）"},
    "row": {"en": "{who}: {title}, {amount}", "zh": "{who}：{title}，{amount}"},
    "estimate": {"en": "; the team's estimate: {amount}", "zh": "；本队估计{amount}"},
    "false_row": {"en": "{who}: {title} – {reason}", "zh": "{who}：{title}——{reason}"},
    "wrong_story": {"en": "right account, wrong story; what is told of it: {told}", "zh": "客户对、故事错，实为“{told}”"},
    "decoy": {"en": "a decoy: healthy, though one measure looks like it", "zh": "干扰项：只是某一指标相像，其实健康"},
    "wrong_account": {"en": "the story is there, but told of another", "zh": "有这个故事，但不是它"},
    "not_there": {"en": "this story is not told in this client", "zh": "本例没有这个故事"},
    "name": {"en": "name {subject}", "zh": "填写{subject}"},
    "and": {"en": ", ", "zh": "、"},
}


@click.group()
def client() -> None:
    """Synthetic clients with a sealed answer key: draw one, hand it out, score what teams find."""


@client.command()
@FOLDER
@click.option("--seed", type=click.IntRange(min=0), help="The same seed and difficulty, the same client; left out, one nobody guesses.")
@click.option(
    "--difficulty", type=click.Choice(DIFFICULTIES), default="medium", show_default=True, help="3, 5 or 7 stories; hard has decoys."
)
@click.option("--code", help="Opens the answer key; left out, one is made up and printed once.")
def new(folder: Path, seed: int | None, difficulty: str, code: str | None) -> None:
    """Draw a client into a new folder, with a sealed answer key in it.

    Whoever knows seed and difficulty can draw the client again and read its key: for a contest leave --seed out.
    """
    import secrets

    from kamlib.data.client import new_code, write_client

    drawn, used = secrets.randbits(SEED_BITS) if seed is None else seed, code or new_code()
    file = write_client(folder, drawn, difficulty, code=used)
    click.echo(f"{file}: a synthetic client; kam check, score and render read it / 虚构客户，可用kam check、score、render读取")
    if not code:
        click.echo(f"code: {used}")
        click.echo("Write it down, it is nowhere else / 请记下此码，别处没有")


@client.command("open")
@FOLDER
@CODE
@LANGUAGE
def open_(folder: Path, code: str, language: str | None) -> None:
    """Show the answer key of a client."""
    from kamlib.data.client import open_key

    click.echo("\n".join(key_lines(open_key(folder, code=code), language=language or "en")))


@client.command()
@FOLDER
@click.argument("diagnosis", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@CODE
@LANGUAGE
def score(folder: Path, diagnosis: Path, code: str, language: str | None) -> None:
    """Score a team's diagnosis: a YAML list of {account, story, money}; `kam client stories` lists the stories."""
    from kamlib.course.diagnosis import read_diagnosis, score_diagnosis
    from kamlib.data.client import open_key

    key, named = open_key(folder, code=code), read_diagnosis(diagnosis)
    click.echo("\n".join(score_lines(score_diagnosis(named, key), key, language=language or "en")))


@client.command()
@LANGUAGE
def stories(language: str | None) -> None:
    """List the stories that may be planted, and whom a diagnosis names for each."""
    from kamlib.data.client import story_words

    language = language or "en"
    for story, words in story_words().items():
        subject = _say("name", language, subject=words["subject"][language])
        click.echo(f"{story:<24}{words['title'][language]}" + (f"（{subject}）" if language == "zh" else f" ({subject})"))


def key_lines(key: AnswerKey, *, language: str) -> Iterator[str]:
    """Write an answer key as lines.

    Parameters
    ----------
    key : AnswerKey
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    iterator of str
    """
    difficulty = _say(key.difficulty, language)
    yield _say("drawn", language, client=key.client, day=key.as_of, seed=key.seed, difficulty=difficulty)
    yield _say("planted", language, count=len(key.stories), amount=_amount(key.total_amount, key, language))
    for one in key.stories:
        yield ""
        yield _say("heading", language, title=one.title[language], story=one.story)
        yield f"  {one.explanation[language]}"
        yield "  " + _say("where", language, text=one.found_in[language])
        yield "  " + _say("stake", language, amount=_amount(one.amount, key, language), text=one.at_stake[language])
    if key.decoys:
        yield ""
        yield _say("decoys", language)
        yield from (f"  {one.explanation[language]}" for one in key.decoys)


def score_lines(found: DiagnosisScore, key: AnswerKey, *, language: str) -> Iterator[str]:
    """Write the score of a diagnosis as lines.

    Parameters
    ----------
    found : DiagnosisScore
    key : AnswerKey
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    iterator of str
    """
    for name in ("precision", "recall", "f1"):
        yield f"{_padded(_say(name, language))}{_share(getattr(found, name), language)}"
    sums = [_amount(amount, key, language) for amount in (found.money_found_amount, found.money_total_amount)]
    yield _padded(_say("money", language)) + _say("of_all", language, found=sums[0], all=sums[1], share=_share(found.money_share, language))
    yield from ("", _say("found", language, count=len(found.found)))
    for one in found.found:
        row = _row(one.planted, key, language)
        estimate = "" if one.named.money is None else _say("estimate", language, amount=_amount(one.named.money, key, language))
        yield f"  {row}{estimate}"
    yield from ("", _say("missed", language, count=len(found.missed)))
    yield from (f"  {_row(one, key, language)}" for one in found.missed)
    yield from ("", _say("false", language, count=len(found.false)))
    yield from (f"  {_false(one, key, language)}" for one in found.false)


def _row(planted: Planted, key: AnswerKey, language: str) -> str:
    who = _say("and", language).join(_who(*pair, language) for pair in zip(planted.subjects, planted.names, strict=True))
    return _say("row", language, who=who, title=planted.title[language], amount=_amount(planted.amount, key, language))


def _false(wrong: Wrong, key: AnswerKey, language: str) -> str:
    from kamlib.data.client import story_words

    told = story_words()[wrong.told]["title"][language] if wrong.told else ""
    account, reason = wrong.named.account, _say(wrong.reason, language, told=told)
    title = story_words()[wrong.named.story]["title"][language]
    return _say("false_row", language, who=_who(account, key.subjects[account], language), title=title, reason=reason)


def _who(account: str, name: str, language: str) -> str:
    if name == account:
        return account
    return f"{name}（{account}）" if language == "zh" else f"{name} ({account})"


def _say(word: str, language: str, **places: object) -> str:
    return WORDS[word][language].format(**places)


def _padded(word: str) -> str:
    from unicodedata import east_asian_width

    return word + " " * (16 - sum(2 if east_asian_width(char) in "WF" else 1 for char in word))


def _amount(value: float, key: AnswerKey, language: str) -> str:
    from kamlib.show.text import number

    return number(value, "amount", language=language, currency=key.currency)


def _share(value: float, language: str) -> str:
    from kamlib.show.text import number

    return number(value, "share", language=language) if value == value else _say("undefined", language)
