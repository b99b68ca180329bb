"""M12: how deep the relationship is, in four stages over six dimensions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.policy import RelationshipRules

DIMENSIONS = ("contacts", "authority", "trust", "process", "measures", "team")
RELATIONSHIP_STAGES = ("early", "mid", "partnership", "synergistic")
ITEM_PREFIX = "relationship."
AGREED = "agreed"  # the assessor of what a room agreed on
LOWEST, HIGHEST = 1, len(RELATIONSHIP_STAGES)


def item_levels(assessments: pd.DataFrame, items: list[str], *, by: str = "account_id") -> pd.DataFrame:
    """Return the level of each assessed item: the newest rating of each assessor, of these the lower median.

    Parameters
    ----------
    assessments : DataFrame, one row per rating
        `by`, ``item level assessed_on assessor``.
    items : list of str
        Items wanted.
    by : str
        Whose ratings belong together.

    Returns
    -------
    DataFrame
        Indexed by `by`, a column per item (NaN where nobody rated it) and ``<item>_spread``, the largest rating less
        the smallest over the assessors.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Two ratings of one assessor on one day: the lower counts, so that the order of the rows does not matter. Ratings
    without an assessor are taken as one assessor's. What a room agreed on (assessor ``agreed``) replaces every rating of
    the item up to that day.

    References
    ----------
    M12, rulings F23, F35; decision 0066.

    Examples
    --------
    >>> rated = pd.DataFrame({"account_id": "A", "item": "embedding.level", "level": [2.0, 4.0, 3.0], "assessor": ["x", "y", "x"],
    ...                       "assessed_on": pd.to_datetime(["2026-01-05", "2026-02-01", "2026-03-01"])})
    >>> item_levels(rated, ["embedding.level"])
                embedding.level  embedding.level_spread
    account_id
    A                       3.0                     1.0
    """
    require_columns(assessments, [by, "item", "level", "assessed_on", "assessor"], table="assessments")
    rated = assessments.loc[assessments["item"].isin(items), [by, "item", "level", "assessed_on", "assessor"]]
    rated = _unsettled(rated.assign(assessor=rated["assessor"].fillna("")), by)
    rated = rated.sort_values(["assessed_on", "level"], ascending=[False, True])
    newest = rated.drop_duplicates([by, "item", "assessor"]).sort_values("level", kind="stable")
    groups = newest.groupby([by, "item"], observed=True)["level"]
    place, count = groups.cumcount(), groups.transform("size")
    median = newest[place == (count - 1) // 2].pivot(index=by, columns="item", values="level")
    spread = groups.agg(lambda levels: levels.iloc[-1] - levels.iloc[0]).unstack("item") if len(newest) else median
    return median.reindex(columns=items).join(spread.reindex(columns=items).add_suffix("_spread")).astype(float).rename_axis(columns=None)


def relationship_stage(ratings: pd.DataFrame, *, rules: RelationshipRules) -> pd.DataFrame:
    """Score the relationship and name the stage that its dimensions have reached together.

    Parameters
    ----------
    ratings : DataFrame, one row per account
        A column per dimension (``contacts authority trust process measures team``), whole numbers 1 to 4, blank where
        not rated.
    rules : RelationshipRules
        How many dimensions must be rated.

    Returns
    -------
    DataFrame
        With the index of `ratings`: ``relationship_score`` in [0, 100], ``rating_mean`` in [1, 4], ``rated_count``,
        ``relationship_stage`` (early, mid, partnership or synergistic), ``relationship_stage_number`` 1 to 4, and
        ``relationship_stage_note`` (``few_rated``, ``not_rated``); NaN where too few are rated.

    Raises
    ------
    ValueError
        A column is missing, or a rating is not 1, 2, 3 or 4.

    Notes
    -----
    score = (mean - 1) / 3 * 100. The stage is the highest s such that at least two thirds of the rated dimensions are
    at s or above and none is below s - 1.

    References
    ----------
    [S0] the four stages; [L] Millman & Wilson; M12, rulings F5, F6, F35.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> rated = pd.DataFrame([[3, 3, 3, 3, 2, 2], [4, 4, 4, 4, 4, 1]], columns=list(DIMENSIONS), index=["A", "B"], dtype=float)
    >>> relationship_stage(rated, rules=load_policy().relationship)[["relationship_score", "relationship_stage"]].round(1)
       relationship_score relationship_stage
    A                55.6        partnership
    B                83.3                mid
    """
    require_columns(ratings, DIMENSIONS, table="ratings")
    rated = ratings[list(DIMENSIONS)].astype(float)
    _require_whole(rated)
    levels, count = rated.to_numpy(), rated.notna().sum(axis=1).to_numpy()
    lowest = np.where(count > 0, rated.min(axis=1).to_numpy(), np.nan)
    number = np.ones(len(rated))
    for stage in range(LOWEST + 1, HIGHEST + 1):
        reached = (3 * (levels >= stage).sum(axis=1) >= 2 * count) & (lowest >= stage - 1)
        number = np.where(reached, stage, number)
    enough = count >= rules.fewest_rated
    mean = rated.mean(axis=1).where(enough)
    number = pd.Series(np.where(enough, number, np.nan), index=rated.index)
    notes = np.select([count == 0, ~enough], ["not_rated", "few_rated"], default="")
    return pd.DataFrame(
        {
            "relationship_score": (mean - LOWEST) / (HIGHEST - LOWEST) * 100,
            "rating_mean": mean,
            "rated_count": count.astype(float),
            "relationship_stage": number.map(dict(enumerate(RELATIONSHIP_STAGES, LOWEST))).astype("str"),
            "relationship_stage_number": number,
            "relationship_stage_note": pd.Series(notes, index=rated.index, dtype="str").where(~enough),
        }
    )


def stage_gap(ratings: pd.DataFrame, stage_number: pd.Series) -> pd.DataFrame:
    """List the dimensions that keep each account from the next stage, the largest shortfall first.

    Parameters
    ----------
    ratings : DataFrame, one row per account
        As for `relationship_stage`.
    stage_number : Series of float
        1 to 4; no row where it is blank or 4.

    Returns
    -------
    DataFrame
        Columns ``account_id dimension rating shortfall``: rated dimensions below the next stage, by account, shortfall
        and the order of the dimensions.

    References
    ----------
    M12, ruling F35.

    Examples
    --------
    >>> rated = pd.DataFrame([[3, 1, 2, 3, 3, 2]], columns=list(DIMENSIONS), index=["A"], dtype=float)
    >>> stage_gap(rated, pd.Series([2.0], index=["A"]))["dimension"].tolist()
    ['authority', 'trust', 'team']
    """
    long = ratings[list(DIMENSIONS)].rename_axis("account_id").reset_index().melt("account_id", var_name="dimension", value_name="rating")
    following = long["account_id"].map(stage_number) + 1
    short = long.assign(shortfall=following - long["rating"])[lambda rows: (rows["shortfall"] > 0) & (following <= HIGHEST)]
    order = short["dimension"].map({name: place for place, name in enumerate(DIMENSIONS)})
    ranked = short.assign(order=order).sort_values(["account_id", "shortfall", "order"], ascending=[True, False, True])
    return ranked.drop(columns="order").reset_index(drop=True)


def stage_lag(lifecycle_stage: pd.Series, stage_number: pd.Series, *, stages: tuple[str, ...]) -> pd.Series:
    """Compare how long an account has been with us with how deep the relationship is.

    Parameters
    ----------
    lifecycle_stage : Series of str
        By tenure, as `lifecycle_stage` names it.
    stage_number : Series of float
        Of the relationship, 1 to 4.
    stages : tuple of str
        The four lifecycle stages in order.

    Returns
    -------
    Series of float
        Named ``stage_lag``, from -3 to 3: 2 or more is an old customer with a young relationship, -2 or less a young
        customer with a deep one; NaN where either is.

    References
    ----------
    M12.

    Examples
    --------
    >>> from kamlib.lifecycle import LIFECYCLE_STAGES
    >>> stage_lag(pd.Series(["symbiosis", "initial"]), pd.Series([1.0, 4.0]), stages=LIFECYCLE_STAGES).tolist()
    [3.0, -3.0]
    """
    tenure = lifecycle_stage.map({name: place for place, name in enumerate(stages, LOWEST)}).astype(float)
    return (tenure - stage_number).rename("stage_lag")


def _unsettled(rated: pd.DataFrame, by: str) -> pd.DataFrame:
    """Leave out what a room has settled since by agreeing on a rating."""
    agreed = rated["assessor"] == AGREED
    settled = rated["assessed_on"].where(agreed).groupby([rated[by], rated["item"]], observed=True).transform("max")
    return rated[agreed | settled.isna() | (rated["assessed_on"] > settled)]


def _require_whole(rated: pd.DataFrame) -> None:
    wrong = rated.where(rated.notna() & ~rated.isin(range(LOWEST, HIGHEST + 1))).stack().dropna()
    if len(wrong):
        (account, dimension), found = wrong.index[0], wrong.iloc[0]
        raise ValueError(f"a rating must be 1, 2, 3 or 4; {account} has {found:g} for {dimension}")
