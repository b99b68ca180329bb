"""M22: accounts that are served twice: directly and by an agent, or by two agents."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import Indel

from kamlib.checks import require_columns
from kamlib.playbook import playbook
from kamlib.policy import CoverageHours

COLUMNS = ["account_id", "other_id", "reason", "similarity", "channel", "other_channel", "agent_id", "other_agent"]


def channel_conflicts(accounts: pd.DataFrame, group: pd.Series | None = None, *, rules: CoverageHours) -> pd.DataFrame:
    """List pairs of accounts that look like one customer and are served through different channels or agents.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``account_id name tax_id channel agent_id``, blank where not known.
    group : Series of str, optional
        Group of each account; those of one group are one customer.
    rules : CoverageHours

    Returns
    -------
    DataFrame
        `COLUMNS`: reason ``tax_id``, ``group`` or ``name``, the first that holds; by account.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Names are compared after NFKC, folding of case and without legal forms (Ltd, GmbH, 有限公司, …), by difflib's ratio. A longest
    common subsequence is
    never shorter than difflib's blocks, so that candidates found by it miss nothing.

    References
    ----------
    [S1]; M22, ruling F72.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> accounts = pd.DataFrame({"account_id": ["A", "B"], "name": ["Orbicon Motion Ltd.", "ORBICON MOTION"], "tax_id": None,
    ...                          "channel": ["direct", "agent"], "agent_id": [None, "G1"]})
    >>> channel_conflicts(accounts, rules=load_policy().coverage_hours)[["account_id", "other_id", "reason"]].to_numpy().tolist()
    [['A', 'B', 'name']]
    """
    require_columns(accounts, ["account_id", "name", "tax_id", "channel", "agent_id"], table="accounts")
    known = accounts[accounts["channel"].notna()].sort_values("account_id").reset_index(drop=True)
    pairs: dict[tuple[int, int], tuple[str, float]] = {}
    for reason, keys in (("tax_id", known["tax_id"]), ("group", known["account_id"].map(group) if group is not None else None)):
        for places in known.groupby(keys).indices.values() if keys is not None else ():
            pairs |= {pair: (reason, 1.0) for pair in combinations(sorted(places), 2) if pair not in pairs}
    pairs |= {pair: ("name", ratio) for pair, ratio in _alike(known["name"], rules.name_similarity).items() if pair not in pairs}
    rows = [(*pair, *found) for pair, found in sorted(pairs.items()) if _differ(known, *pair)]
    first, other = (known.iloc[[row[place] for row in rows]].reset_index(drop=True) for place in (0, 1))
    cells = [
        first["account_id"],
        other["account_id"],
        pd.Series([row[2] for row in rows], dtype="str"),
        pd.Series([row[3] for row in rows], dtype=float),
    ]
    cells += [first["channel"], other["channel"], first["agent_id"], other["agent_id"]]
    return pd.concat(cells, axis=1, keys=COLUMNS)


def _differ(accounts: pd.DataFrame, one: int, two: int) -> bool:
    served = [
        (row["channel"], row["agent_id"] if isinstance(row["agent_id"], str) else "") for row in (accounts.loc[one], accounts.loc[two])
    ]
    return served[0] != served[1]


def _alike(names: pd.Series, least: float) -> dict[tuple[int, int], float]:
    """Return the pairs of names whose ratio reaches the least."""
    bare = [_bare(name) if isinstance(name, str) else "" for name in names]
    places = [place for place, name in enumerate(bare) if name]
    words = [bare[place] for place in places]
    close = process.cdist(words, words, scorer=Indel.normalized_similarity, score_cutoff=least - 1e-9, dtype=np.float32, workers=1)
    found = {}
    for one, two in zip(*np.nonzero(np.triu(close, 1)), strict=True):
        ratio = SequenceMatcher(None, words[one], words[two], autojunk=False).ratio()
        if ratio >= least - 1e-9:
            found[places[one], places[two]] = ratio
    return found


def _bare(name: str) -> str:
    """Fold a name and take legal forms and punctuation off it."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = " ".join(re.sub(r"[^\w\s]", " ", folded).split())
    return " ".join(_forms().sub(" ", words).split())


@cache
def _forms() -> re.Pattern:
    forms = playbook("coverage")["legal_forms"]
    latin = "|".join(re.escape(form) for form in forms if form.isascii())
    others = "|".join(sorted((re.escape(form) for form in forms if not form.isascii()), key=len, reverse=True))
    return re.compile(rf"\b(?:{latin})\b|(?:{others})$")
