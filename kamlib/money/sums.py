"""Adding up and comparing amounts without rounding errors."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pandas as pd

MICRO_UNITS = 1_000_000  # line prices carry up to six decimals, as the control totals do
CENT_UNITS = 100
_LARGEST = 9 * 10**18  # just below the largest 64-bit integer


def exact_units(amounts: pd.Series) -> pd.Series:
    """Turn amounts into integers, so that comparing and adding them is exact.

    Parameters
    ----------
    amounts : Series of float
        Money, any index; a blank counts as nothing.

    Returns
    -------
    Series of int64
        Millionths of the currency, hundredths where millionths of the total would not fit.

    Raises
    ------
    ValueError
        The amounts are not finite, or even hundredths would not fit into 64 bits.

    References
    ----------
    Ruling F8.

    Examples
    --------
    >>> int(exact_units(pd.Series([0.1, 0.2])).sum()) == int(exact_units(pd.Series([0.3])).sum())
    True
    """
    units = np.rint(np.nan_to_num(amounts.to_numpy(dtype=float) * unit_scale(amounts)))
    return pd.Series(units.astype(np.int64), index=amounts.index, name=amounts.name)


def unit_scale(*amounts: pd.Series | pd.DataFrame) -> int:
    """Return how many units of `exact_units` one unit of the currency has, for amounts that are added up.

    Parameters
    ----------
    *amounts : Series or DataFrame of float
        Everything that enters one sum.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        The amounts are not finite, or too large for 64 bits.

    Examples
    --------
    >>> unit_scale(pd.Series([1e6])), unit_scale(pd.Series([1e14]))
    (1000000, 100)
    """
    return _scale(sum(float(np.nansum(np.abs(part.to_numpy(dtype=float)))) for part in amounts))


def exact_sums(frame: pd.DataFrame, columns: Sequence[str], *, by: str | Sequence[str]) -> pd.DataFrame:
    """Add up columns per group without any rounding error, whatever the order of the rows.

    Parameters
    ----------
    frame : DataFrame
        Any rows; a blank number counts as nothing.
    columns : sequence of str
        Columns of float.
    by : str or sequence of str
        Column or columns of the groups: text, whole numbers, dates or categories.

    Returns
    -------
    DataFrame of float
        One row per group that occurs, sorted, one column per name in `columns`; indexed by `by` if that
        is one name, else the keys are its first columns.

    Raises
    ------
    ValueError
        A row names no group, or a number is not finite.

    References
    ----------
    Ruling F8.

    Examples
    --------
    >>> lines = pd.DataFrame({"account_id": ["A", "A", "A"], "net_revenue": [0.1, 0.2, -0.3]})
    >>> exact_sums(lines, ["net_revenue"], by="account_id")
                net_revenue
    account_id
    A                   0.0
    """
    keys = [by] if isinstance(by, str) else list(by)
    require_groups(frame, keys)
    coded = {key: _codes(frame[key]) for key in keys}
    shape = [max(len(labels), 1) for _, labels in coded.values()]
    observed, group = _compact(np.ravel_multi_index([codes for codes, _ in coded.values()], shape))
    levels = np.unravel_index(observed, shape)
    groups = {key: labels.take(level) for level, (key, (_, labels)) in zip(levels, coded.items(), strict=True)}
    sums = {column: _group_sums(frame[column].to_numpy(dtype=float), group, len(observed)) for column in columns}
    return pd.DataFrame(sums, index=_plain(groups[by]).rename(by)) if isinstance(by, str) else pd.DataFrame(groups | sums)


def plain_index(frame: pd.DataFrame | pd.Series) -> pd.DataFrame | pd.Series:
    """Give a grouped frame a sorted index of plain labels, also where the group column was a category.

    Parameters
    ----------
    frame : DataFrame or Series

    Returns
    -------
    DataFrame or Series
        As `frame`.

    Examples
    --------
    >>> plain_index(pd.DataFrame({"n": [1, 2]}, index=pd.CategoricalIndex(["b", "a"]))).index.tolist()
    ['a', 'b']
    """
    return frame.set_axis(_plain(frame.index)).sort_index()


def require_groups(frame: pd.DataFrame, keys: Sequence[str]) -> None:
    """Raise where a row names no group, because it would silently fall out of every sum.

    Parameters
    ----------
    frame : DataFrame
    keys : sequence of str
        Columns that must be given in every row.

    Returns
    -------
    None

    Raises
    ------
    ValueError
        A key is blank somewhere.

    Examples
    --------
    >>> require_groups(pd.DataFrame({"manager_id": ["M", None]}), ["manager_id"])
    Traceback (most recent call last):
    ValueError: manager_id must be given in every row; 1 of 2 have none
    """
    for key in keys:
        blank = int(frame[key].isna().sum())
        if blank:
            raise ValueError(f"{key} must be given in every row; {blank} of {len(frame)} have none")


def exact(number: float) -> Fraction:
    """Read a policy number as it is written: 0.8 is four fifths, not its binary neighbour.

    Parameters
    ----------
    number : float

    Returns
    -------
    Fraction

    Examples
    --------
    >>> exact(0.8)
    Fraction(4, 5)
    """
    return Fraction(str(number))


def _codes(values: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Number the values of a column in their order; a category keeps being one."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return pd.factorize(values, sort=True)
    known = values.cat.categories
    codes, labels = (np.arange(len(known)), known) if known.is_monotonic_increasing else pd.factorize(known, sort=True)
    return codes[values.cat.codes], pd.CategoricalIndex(pd.Categorical.from_codes(range(len(labels)), categories=labels))


def _compact(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sorted distinct codes, and the position of each code among them."""
    if len(codes) and codes.max() > 4 * len(codes) + 1_000:
        return np.unique(codes, return_inverse=True)
    seen = np.bincount(codes) > 0
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[codes]


def _group_sums(amounts: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Add up the rows of each group in whole units."""
    known = np.where(np.isnan(amounts), 0.0, amounts)
    scale, sums = _scale(float(np.abs(known).sum())), np.zeros(count, dtype=np.int64)
    np.add.at(sums, group, np.rint(known * scale).astype(np.int64))
    return sums / scale


def _plain(labels: pd.Index) -> pd.Index:
    return labels.astype(labels.categories.dtype) if isinstance(labels, pd.CategoricalIndex) else labels


def _scale(size: float) -> int:
    for scale in (MICRO_UNITS, CENT_UNITS):
        if size * scale < _LARGEST:
            return scale
    raise ValueError(f"amounts must be finite and add up to less than {_LARGEST / CENT_UNITS:.0e}, got {size:g}")
