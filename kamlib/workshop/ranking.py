"""The page of the selection: who comes in and who falls out, how firm each choice is, and the ranking around the line."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from markupsafe import Markup

from kamlib import selection
from kamlib.policy import Policy
from kamlib.show import reading, text, theme
from kamlib.workshop.cuts import listed
from kamlib.workshop.panel import say, table
from kamlib.workshop.session import Workshop

AROUND_THE_LINE, FIRM_FROM, LEAST_FIRM, NAMED = 16, 0.9, 3, 2
BAR_PIXELS = 60


def ranking(found: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Rank the accounts that no gate shuts out, and tell who comes in and who falls out.

    Parameters
    ----------
    found, before : DataFrame, one row per account
        `scores.choice.choice` with the values on the sliders and with those that hold: ``qualification_score
        qualification_verdict top_draws_share`` and the gates.

    Returns
    -------
    DataFrame
        The same accounts, the best first: ``rank was`` (blank behind a gate or without a score; ties share the best), ``score
        verdict verdict_before firm_share`` and ``is_in is_out``.

    References
    ----------
    M2, rulings F7, F22.

    Examples
    --------
    >>> found = pd.DataFrame({"qualification_score": [70.0, 50.0], "qualification_verdict": ["qualified", "candidate"],
    ...                       "top_draws_share": [1.0, 0.0], "fit_gate_flag": 1.0}, index=["A", "B"])
    >>> before = found.assign(qualification_verdict=["candidate", "candidate"])
    >>> ranking(found, before)[["rank", "is_in"]].to_numpy().tolist()
    [[1.0, True], [2.0, False]]
    """
    is_key, was_key = (frame["qualification_verdict"] == "qualified" for frame in (found, before))
    ranked = pd.DataFrame(
        {
            "rank": _ranks(found),
            "was": _ranks(before),
            "score": found["qualification_score"],
            "verdict": found["qualification_verdict"],
            "verdict_before": before["qualification_verdict"],
            "firm_share": found["top_draws_share"],
            "is_in": is_key & ~was_key,
            "is_out": was_key & ~is_key,
        }
    )
    return ranked.sort_index().sort_values("rank", kind="stable", na_position="last")


def leaving(found: pd.DataFrame, policy: Policy) -> dict[str, list[tuple[str, float]]]:
    """Return which single move of a weight by ten points would take an account off the chosen.

    Parameters
    ----------
    found : DataFrame, one row per account
        As for `ranking`, with ``<criterion>_score``.
    policy : Policy

    Returns
    -------
    dict of str to list of (criterion, change)

    References
    ----------
    M2, ruling F23.
    """
    open_ = found[_ranks(found).notna()]
    criteria = open_[[f"{name}_score" for name in selection.COMPONENTS]].set_axis(selection.COMPONENTS, axis=1)
    top = max(1, int((found["qualification_verdict"] == "qualified").sum()))
    if not len(criteria):
        return {}
    moves = selection.weight_moves(criteria, policy.qualification.weights.model_dump(), top=top)
    return {account: list(zip(rows["criterion"], rows["change"], strict=True)) for account, rows in moves.groupby("account_id")}


def criterion(workshop: Workshop, name: str) -> str:
    """Name a criterion without the word that tells it from other numbers."""
    words = text.metric_name(f"{name}_score", language=workshop.language).partition(text.say("colon", language=workshop.language))[2]
    return words[:1].upper() + words[1:]


def ranking_page(
    workshop: Workshop, found: pd.DataFrame, before: pd.DataFrame, policy: Policy, names: dict[str, str], revenue: pd.Series
) -> Iterator[Markup]:
    """Yield the page: sentences on what changed for whom, the accounts around the line, all accounts folded.

    Parameters
    ----------
    workshop : Workshop
    found, before : DataFrame, one row per account
        As for `ranking`.
    policy : Policy
        With the values on the sliders.
    names : dict of str to str
        By account.
    revenue : Series of float
        By account, trailing twelve months.

    Returns
    -------
    iterator of Markup
    """
    ranked, leaves = ranking(found, before), leaving(found, policy)
    yield Markup("<p class='kam-lead'>{}</p>").format(_lead(workshop, ranked))
    for key, who in (("comes_in", ranked["is_in"]), ("falls_out", ranked["is_out"])):
        if who.any():
            amount = text.money(revenue[ranked.index[who]].sum(), workshop.currency, language=workshop.language)
            named = listed(workshop, [names[account] for account in ranked.index[who]])
            yield Markup("<p><b>{}</b></p>").format(say(workshop, f"select.{key}", names=named, revenue=amount))
    yield Markup("<p>{}</p>").format(_firmness(workshop, ranked, policy, names))
    near = (ranked["score"] - policy.qualification.qualified_score).abs().where(ranked["rank"].notna())
    shown = near.mask(ranked["is_in"] | ranked["is_out"], -1.0).nsmallest(AROUND_THE_LINE, keep="all").index
    yield _table(workshop, ranked[ranked.index.isin(shown)], leaves, names)
    drawn = text.decimal(policy.stress.draws, 0, language=workshop.language)
    yield Markup("<p class='kam-note'>{}</p>").format(say(workshop, "select.note", draws=drawn, seed=policy.stress.seed))
    rest = _table(workshop, ranked, leaves, names)
    yield Markup("<details><summary>{}</summary>{}</details>").format(say(workshop, "select.all", count=len(ranked)), rest)


def _ranks(found: pd.DataFrame) -> pd.Series:
    gates = found[[name for name in found if name.endswith("_gate_flag")]]
    return found["qualification_score"].where(~(gates == 0).any(axis=1)).rank(ascending=False, method="min")


def _lead(workshop: Workshop, ranked: pd.DataFrame) -> str:
    counts = {key: int((ranked["verdict"] == key).sum()) for key in ("qualified", "candidate")}
    before, places = int((ranked["verdict_before"] == "qualified").sum()), {"all": len(ranked)} | counts
    if not (ranked["is_in"] | ranked["is_out"]).any():
        return say(workshop, "select.same", **places)
    return say(workshop, "select.changed", before=before, **places)


def _firmness(workshop: Workshop, ranked: pd.DataFrame, policy: Policy, names: dict[str, str]) -> str:
    chosen = ranked[ranked["rank"] <= max(1, int((ranked["verdict"] == "qualified").sum()))]
    firm = chosen["firm_share"] >= FIRM_FROM
    places = {"firm": int(firm.sum()), "count": len(chosen), "share": f"{FIRM_FROM:.0%}"}
    least = chosen[~firm].sort_values("firm_share", kind="stable").head(LEAST_FIRM)
    if least.empty:
        return say(workshop, "select.firm_all", **places)
    said = [
        say(workshop, "select.of", name=names[account], value=_share(workshop, value)) for account, value in least["firm_share"].items()
    ]
    return say(workshop, "select.firm", names=listed(workshop, said), **places)


def _table(workshop: Workshop, ranked: pd.DataFrame, leaves: dict, names: dict[str, str]) -> Markup:
    heads = [say(workshop, f"select.{key}") for key in ("rank", "who", "points", "class", "stays", "leaves")]
    rows = [_row(workshop, account, row, leaves.get(account, []), names) for account, row in ranked.iterrows()]
    return table(heads, rows, numbers={0, 2}, style="kam-table kam-dense")


def _row(workshop: Workshop, account: str, row: pd.Series, leaves: list[tuple[str, float]], names: dict[str, str]) -> list:
    language, dash = workshop.language, say(workshop, "bar.dash")
    rank, was = (text.decimal(row[key], 0, language=language) if text.is_measured(row[key]) else dash for key in ("rank", "was"))
    rank = rank if rank == was else say(workshop, "select.rank_was", rank=rank, was=was)
    verdict = reading.class_words(row["verdict"], "qualification_verdict", language=language)
    if row["verdict"] != row["verdict_before"]:
        old = reading.class_words(row["verdict_before"], "qualification_verdict", language=language)
        verdict = Markup("{} → <b>{}</b>").format(old, verdict)
    moves = [f"{criterion(workshop, name)} {'+' if change > 0 else '−'}{abs(100 * change):.0f}" for name, change in leaves]
    moved = row["is_in"] or row["is_out"]
    name = Markup("<b>{}</b>").format(names[account]) if moved else names[account]
    score = text.decimal(row["score"], 1, language=language) if text.is_measured(row["score"]) else dash
    return [rank, name, score, verdict, _bar(workshop, row["firm_share"]), listed(workshop, moves, most=NAMED, more="more") or dash]


def _share(workshop: Workshop, value: float) -> str:
    return text.number(value, "share", language=workshop.language)


def _bar(workshop: Workshop, share: float) -> Markup | str:
    if not text.is_measured(share):
        return say(workshop, "bar.dash")
    width, colour = round(BAR_PIXELS * share), theme.ACCENT if share >= FIRM_FROM else theme.ALERT
    bar = Markup('<span class="kam-strength" style="width:{}px;background:{}"></span>').format(width, colour)
    return Markup('<span style="white-space:nowrap">{}{}</span>').format(bar, _share(workshop, share))
