"""KPI 6: satisfaction of those who answered, and the net promoter score with its interval."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.kpis.shared import notes, ratio
from kamlib.money import plain_index, require_groups
from kamlib.periods import ONE_DAY, trailing_window
from kamlib.policy import NpsRules

RECOMMEND = "recommend"


def satisfaction(
    surveys: pd.DataFrame, contacts: pd.DataFrame | None = None, *, as_of: date, rules: NpsRules, by: str = "account_id"
) -> pd.DataFrame:
    """Mean satisfaction over respondents, and the net promoter score with its 95 % interval.

    Parameters
    ----------
    surveys : DataFrame, one row per answer
        ``account_id``, `by`, ``contact_id`` (blank: a respondent of its own), ``date``, ``score``,
        ``scale_min``, ``scale_max``, ``question`` (satisfaction or recommend; blank is satisfaction).
    contacts : DataFrame, optional
        `by`, ``left_on``: those present are the population of the interval; without it the population
        is unknown.
    as_of : date
        Answers of the trailing twelve months count, of each respondent the latest.
    rules : NpsRules
        Bounds of promoters and detractors, z, and the least number of answers for an interval.
    by : str
        Column whose values are measured, one row each.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``satisfaction_score`` in [0, 100], ``nps_score nps_low_score nps_high_score`` in
        [-100, 100], each with a note (``no_rows census too_few_answers``), and ``respondents_count
        satisfaction_sum_score nps_answers_count promoters_count detractors_count
        present_contacts_count nps_margin_score`` (half the width of the interval).

    Raises
    ------
    ValueError
        A column is missing, a scale is empty, or a score lies outside its scale.

    Notes
    -----
    NPS = 100 * (p - d) over answers to recommend on 0 to 10. Variance = (p + d - (p - d)^2) / n, times
    (N - n) / (N - 1) where the population N is known; interval = NPS +- z * 100 * sqrt(variance), clipped.
    All N answered: a census, no interval.

    References
    ----------
    [S2a] KPI 6; M14-6, rulings F43, F44.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> surveys = pd.DataFrame({"account_id": "A", "contact_id": list("abcde"), "date": pd.Timestamp("2026-05-02"),
    ...     "score": [9.0, 10, 8, 7, 3], "scale_min": 0.0, "scale_max": 10.0, "question": "recommend"})
    >>> found = satisfaction(surveys, as_of=date(2026, 6, 30), rules=load_policy().nps)
    >>> found[["satisfaction_score", "nps_score", "nps_low_score", "nps_high_score"]].round(0)
                satisfaction_score  nps_score  nps_low_score  nps_high_score
    account_id
    A                         74.0       20.0          -46.0            86.0
    """
    answers = _answers(surveys, as_of, by)
    is_nps = (answers["question"] == RECOMMEND) & (answers["scale_min"] == 0) & (answers["scale_max"] == 10)
    respondents, recommending = _latest(answers, by), _latest(answers[is_nps], by)
    counts = pd.DataFrame(
        {
            "respondents_count": respondents.groupby(by).size(),
            "satisfaction_sum_score": respondents.groupby(by)["points"].sum(),
            "nps_answers_count": recommending.groupby(by).size(),
            "promoters_count": (recommending["score"] >= rules.promoter_from).groupby(recommending[by]).sum(),
            "detractors_count": (recommending["score"] <= rules.detractor_to).groupby(recommending[by]).sum(),
        }
    )
    everyone = pd.Index(sorted(surveys[by].astype("str").unique()), name=by, dtype="str")
    counts = counts.reindex(everyone).fillna(0.0).astype(float)
    counts["present_contacts_count"] = _present(contacts, as_of, by).reindex(everyone)
    score = ratio(counts["satisfaction_sum_score"], counts["respondents_count"])
    note = notes(everyone, {"no_rows": counts["respondents_count"] == 0})
    return counts.assign(satisfaction_score=score, satisfaction_score_note=note).join(nps_interval(counts, rules=rules))


def nps_interval(counts: pd.DataFrame, *, rules: NpsRules) -> pd.DataFrame:
    """Net promoter score of counted answers, with its interval where one can be given.

    Parameters
    ----------
    counts : DataFrame
        ``nps_answers_count promoters_count detractors_count`` and ``present_contacts_count`` (NaN where
        the population is unknown).
    rules : NpsRules

    Returns
    -------
    DataFrame
        With the index of `counts`: ``nps_score nps_low_score nps_high_score nps_margin_score`` and notes.

    References
    ----------
    Ruling F43.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> names = ["nps_answers_count", "promoters_count", "detractors_count", "present_contacts_count"]
    >>> counts = pd.DataFrame([[20.0, 9.0, 6.0, 25.0]], columns=names)
    >>> nps_interval(counts, rules=load_policy().nps)[["nps_score", "nps_low_score", "nps_high_score"]].round(0).to_numpy().tolist()
    [[15.0, -2.0, 32.0]]
    """
    answers, population = counts["nps_answers_count"], counts["present_contacts_count"]
    promoters, detractors = ratio(counts["promoters_count"], answers), ratio(counts["detractors_count"], answers)
    net = promoters - detractors
    variance = (promoters + detractors - net**2).clip(lower=0) / answers.where(answers > 0)
    finite = ((population - answers) / (population - 1)).where((population > answers) & (answers >= 2), 1.0)
    census = (answers >= population) & (answers > 0)
    too_few = (answers < rules.minimum_answers) | (variance < 1e-12)
    margin = (100 * rules.z * np.sqrt(variance * finite)).mask(census | too_few)
    note = notes(counts.index, {"no_rows": answers == 0, "census": census, "too_few_answers": too_few})
    bounds = {"nps_low_score": (100 * net - margin).clip(lower=-100), "nps_high_score": (100 * net + margin).clip(upper=100)}
    scores = pd.DataFrame({"nps_score": 100 * net, **bounds, "nps_margin_score": margin})
    return scores.assign(**{f"{name}_note": note for name in ("nps_score", *bounds)})


def _answers(surveys: pd.DataFrame, as_of: date, by: str) -> pd.DataFrame:
    """Return the answers of the window, rescaled to 0-100 points, with the respondent of each."""
    columns = ["account_id", by, "contact_id", "date", "score", "scale_min", "scale_max", "question"]
    require_columns(surveys, columns, table="surveys")
    require_groups(surveys, [by])
    given = surveys.loc[trailing_window(as_of).contains(surveys["date"]) & surveys["score"].notna(), list(dict.fromkeys(columns))]
    width = given["scale_max"] - given["scale_min"]
    points = 100 * (given["score"] - given["scale_min"]) / width
    wrong = given[~((width > 0) & points.between(0, 100))]
    if len(wrong):
        row = wrong.iloc[0]
        raise ValueError(f"score must lie on its scale; {row[by]} has {row['score']:g} on {row['scale_min']:g} to {row['scale_max']:g}")
    own = pd.Series([f"\x00{number}" for number in range(len(given))], index=given.index, dtype="str")
    labels = {by: given[by].astype("str"), "account_id": given["account_id"].astype("str")}
    respondent = given["contact_id"].astype("str").fillna(own)
    return given.assign(points=points, respondent=respondent, date=given["date"].dt.normalize(), **labels)


def _latest(answers: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return one row per respondent: the mean of the answers on the latest day."""
    keys = list(dict.fromkeys([by, "account_id", "respondent"]))
    newest = answers[answers["date"] == answers.groupby(keys)["date"].transform("max")]
    means = newest.sort_values("points").groupby(keys)[["score", "points"]].mean().reset_index()
    return means.sort_values([by, "points"])


def _present(contacts: pd.DataFrame | None, as_of: date, by: str) -> pd.Series:
    if contacts is None:
        return pd.Series(dtype=float)
    require_columns(contacts, [by, "left_on"], table="contacts")
    still_there = contacts["left_on"].isna() | (contacts["left_on"] >= pd.Timestamp(as_of + ONE_DAY))
    return plain_index(contacts[still_there].groupby(by, observed=True).size().astype(float))
