"""Synthetic clients with sealed truth: an engagement drawn from a seed, stories planted in it, and an answer key under a code.

The engagement reads, scores and renders like any other; nothing in its folder says what is planted. The code opens the key.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from pathlib import Path

from kamlib.checks import KamError
from kamlib.data.client import judgement, people, trade
from kamlib.data.client.cast import Cast
from kamlib.data.client.draw import draw_cast
from kamlib.data.client.files import engagement_text, plan_texts
from kamlib.data.client.key import AnswerKey, Decoy, Planted, answer_key, key_text, read_key, story_words
from kamlib.data.client.pay import pay_text
from kamlib.data.client.seal import SEAL_NAME, new_code, open_seal, sealed
from kamlib.data.client.strength import DIFFICULTIES, STORY_KEYS, shows

__all__ = [
    "DIFFICULTIES",
    "SEAL_NAME",
    "STORY_KEYS",
    "AnswerKey",
    "Cast",
    "Decoy",
    "Planted",
    "answer_key",
    "client_files",
    "client_tables",
    "draw_cast",
    "new_code",
    "open_key",
    "shows",
    "story_words",
    "write_client",
]

# In the order in which they need each other.
BUILDERS = (
    people.managers,
    people.accounts,
    people.wallets,
    trade.orders,
    trade.approvals,
    trade.invoices,
    trade.payments,
    trade.usage,
    trade.forecasts,
    judgement.targets,
    judgement.assessments,
    judgement.outcomes,
    people.contacts,
    people.interactions,
    people.surveys,
    people.tickets,
    people.events,
)


def client_tables(cast: Cast) -> dict[str, list[dict]]:
    """Draw every table of a client.

    Parameters
    ----------
    cast : Cast
        Of `draw_cast`.

    Returns
    -------
    dict of str to list of dict
        Table name to rows, columns under their canonical names; the same for the same cast.

    Examples
    --------
    >>> tables = client_tables(draw_cast(7, "easy"))
    >>> len(tables), tables["orders"][0]["order_id"], len(tables["accounts"]) >= 24
    (17, 'SO20001', True)
    """
    tables: dict[str, list[dict]] = {}
    for build in BUILDERS:
        tables[build.__name__] = build(cast, tables)
    return tables


def client_files(seed: int, difficulty: str, *, without: Collection[str] = ()) -> tuple[dict[str, str], AnswerKey]:
    """Draw a client: the texts of its files, and the key that is not among them.

    Parameters
    ----------
    seed : int
    difficulty : str
        easy, medium or hard.
    without : collection of str
        Stories that are left out; every account of which nothing is told stays as it is.

    Returns
    -------
    tuple of dict and AnswerKey
        Path within the folder to text; the engagement file is ``engagement.yaml``.

    Raises
    ------
    ValueError
        There is no such difficulty or story.
    """
    cast = draw_cast(seed, difficulty, without=without)
    tables = client_tables(cast)
    texts = {"engagement.yaml": engagement_text(cast, tables), "pay.yaml": pay_text(cast, tables)}
    texts |= {f"data/{name}.csv": _csv(rows) for name, rows in tables.items()}
    texts |= {f"plans/{name}": text for name, text in plan_texts(cast).items()}
    return texts, answer_key(cast, tables)


def write_client(folder: str | Path, seed: int, difficulty: str, *, code: str, without: Collection[str] = ()) -> Path:
    """Write a client as an engagement of its own, with its sealed answer key.

    Parameters
    ----------
    folder : str or Path
        A folder that does not exist yet or is empty; the engagement file is named like it.
    seed : int
        Whoever guesses it can draw the client again: hand out clients of a seed that nobody would try.
    difficulty : str
        easy, medium or hard.
    code : str
        Opens the key; at least eight characters.
    without : collection of str
        Stories that are left out.

    Returns
    -------
    Path
        The engagement file.

    Raises
    ------
    KamError
        ``KAM-P05``: something is there already. ``KAM-X07``: the code is too short. Nothing is written.
    ValueError
        There is no such difficulty or story.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as above:
    ...     file = write_client(Path(above) / "team-1", 7, "easy", code="birds-of-a-feather")
    ...     key = open_key(file.parent, code="birds-of-a-feather")
    >>> file.name, len(key.stories)
    ('team-1.yaml', 3)
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        why = "is not empty" if folder.is_dir() else "is a file"
        raise KamError("KAM-P05", why, "name a new folder; nothing was written", file=folder.name)
    texts, key = client_files(seed, difficulty, without=without)
    seal = sealed(key_text(key), code=code, public="".join(texts.values()).encode())
    texts = {f"{folder.resolve().name}.yaml": texts.pop("engagement.yaml"), SEAL_NAME: seal} | texts
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return folder / next(iter(texts))


def open_key(folder: str | Path, *, code: str) -> AnswerKey:
    """Open the answer key of a client.

    Parameters
    ----------
    folder : str or Path
        That `write_client` made.
    code : str

    Returns
    -------
    AnswerKey

    Raises
    ------
    KamError
        ``KAM-X07``: the code does not open it. ``KAM-X08``: there is no seal, it is damaged, or of another version.
    """
    return read_key(open_seal(folder, code=code))


def _csv(rows: list[dict]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
