"""M11: when each cadence line is due, the plan of the next months, and how much of the last year was done."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kamlib.checks import require_columns
from kamlib.lifecycle.lines import CadenceLine, active_lines, cadence_lines
from kamlib.lifecycle.tenure import LIFECYCLE_STAGES, stage_entries
from kamlib.money import exact_sums
from kamlib.periods import TTM_MONTHS, Window, months_after, months_before, trailing_window
from kamlib.policy import LifecycleCuts

ACCOUNT_COLUMNS = ["account_id", "signed_on", "first_order_date", "segment"]
SLOT_COLUMNS = ["account_id", "line_id", "stage", "due_on", "overdue_at", "opens_at", "closes_at"]
SEGMENTS = ("core", "grow", "maintain", "optimise")
NO_SEGMENT = "(none)"
A_DAY = np.timedelta64(1, "D")


def due_slots(accounts: pd.DataFrame, *, window: Window, cuts: LifecycleCuts) -> pd.DataFrame:
    """List the days on which a cadence line asks for a touch.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        ``account_id``, ``signed_on`` and ``first_order_date`` (the tenure counts from the first of the two
        that is given), ``segment`` of today (blank: only the lines of the stage).
    window : Window
        Days of the slots.
    cuts : LifecycleCuts
        Months from which the stages begin.

    Returns
    -------
    DataFrame, one row per slot
        ``account_id line_id stage due_on``, ``overdue_at`` (half an interval later) and the span whose
        touches belong to the slot: later than ``opens_at``, up to ``closes_at``. In the order of
        account, line and day; an account without a start has none.

    Raises
    ------
    ValueError
        A column is missing, or a segment is unknown.

    Notes
    -----
    Slots lie at stage entry + k * interval, k = 0, 1, 2 ..., in calendar months or days: a stage's line counts
    from the entry of its own stage, a segment's from the entry of the stage of the day. The span reaches
    half an interval to each side, and to the middle between two slots; the exact middle belongs to the
    earlier. A line that is due once lies an interval after the entry, and its span begins with the stage.

    References
    ----------
    [S2b]; M11, rulings F32, F34.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> accounts = pd.DataFrame({"account_id": ["A"], "signed_on": pd.to_datetime(["2024-03-31"]),
    ...                          "first_order_date": pd.to_datetime([None]), "segment": ["maintain"]})
    >>> slots = due_slots(accounts, window=Window(date(2025, 12, 31), date(2026, 6, 30)), cuts=load_policy().lifecycle)
    >>> slots.loc[slots["line_id"] == "deep_executives", "due_on"].dt.strftime("%Y-%m-%d").tolist()
    ['2026-03-31']
    """
    require_columns(accounts, ACCOUNT_COLUMNS, table="accounts")
    _require_segments(accounts["segment"])
    entries = stage_entries(accounts["signed_on"].fillna(accounts["first_order_date"]), cuts=cuts)
    found = [_line_slots(accounts, entries, line, window) for line in cadence_lines().values()]
    slots = _with_neighbours(pd.concat(found, ignore_index=True))
    return slots.loc[window.contains(slots["due_on"]), SLOT_COLUMNS].reset_index(drop=True)


def cadence_plan(accounts: pd.DataFrame, *, as_of: date, cuts: LifecycleCuts, months: int = TTM_MONTHS) -> pd.DataFrame:
    """List what the playbook asks for in the coming months, account by account, day by day.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        As `due_slots` takes it. The stage changes on the way as the tenure grows; the segment stays today's.
    as_of : date
        The plan begins on the day after.
    cuts : LifecycleCuts
    months : int
        Length of the plan.

    Returns
    -------
    DataFrame, one row per action
        ``account_id due_on line_id action owner kinds hours stage``: `action` names the entry of the playbook
        with its words, `owner` the role, `kinds` (separated by blanks) what will prove it, `hours` the
        time it takes. Ordered by account, day and line.

    Raises
    ------
    ValueError
        A column is missing, or a segment is unknown.

    References
    ----------
    [S2b]; M11, ruling F32.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> accounts = pd.DataFrame({"account_id": ["A"], "signed_on": pd.to_datetime(["2024-03-31"]),
    ...                          "first_order_date": pd.to_datetime([None]), "segment": ["maintain"]})
    >>> plan = cadence_plan(accounts, as_of=date(2026, 6, 30), cuts=load_policy().lifecycle)
    >>> plan.loc[plan["owner"] == "executive", ["due_on", "action", "kinds"]].to_numpy().tolist()[0][1:]
    ['lifecycle.deep_executives', 'executive_meeting']
    """
    slots = due_slots(accounts, window=Window(as_of, months_before(as_of, -months)), cuts=cuts)
    lines = pd.DataFrame([vars(line) | {"kinds": " ".join(line.kinds)} for line in cadence_lines().values()])
    planned = slots.merge(lines, on="line_id", validate="many_to_one")
    columns = ["account_id", "due_on", "line_id", "action", "owner", "kinds", "hours", "stage"]
    return planned.sort_values(["account_id", "due_on", "line_id"], kind="stable", ignore_index=True)[columns]


def cadence_slots(
    accounts: pd.DataFrame, interactions: pd.DataFrame, events: pd.DataFrame | None = None, *, as_of: date, cuts: LifecycleCuts
) -> pd.DataFrame:
    """Tell for each slot of the last twelve months whether it was due and whether it was done.

    Parameters
    ----------
    accounts : DataFrame, one row per account
        As `due_slots` takes it.
    interactions, events : DataFrame, one row per touch or event
        ``account_id``, ``date``, ``kind``. An account without rows was not touched; before the first row
        of all nothing is known, so that nothing was due.
    as_of : date
        Later touches are not looked at.
    cuts : LifecycleCuts

    Returns
    -------
    DataFrame, one row per slot that is due or done
        ``account_id line_id stage due_on``, ``done_on`` (day of the first accepted touch; blank if none)
        and the parts ``cadence_due_count`` (1) and ``cadence_done_count`` (1 or 0). A slot that is still
        open and not done is not listed.

    Raises
    ------
    ValueError
        A column is missing, or a segment is unknown.

    Notes
    -----
    Each line looks at all touches of its kinds: an executive meeting proves the meeting and the visit. Within
    a line a touch counts for one slot, the nearest.

    References
    ----------
    [S2b]; M11, rulings F3, F32.

    Examples
    --------
    >>> from kamlib.policy import load_policy
    >>> accounts = pd.DataFrame({"account_id": ["A"], "signed_on": pd.to_datetime(["2024-03-31"]),
    ...                          "first_order_date": pd.to_datetime([None]), "segment": ["maintain"]})
    >>> touches = pd.DataFrame({"account_id": "A", "date": pd.to_datetime(["2025-01-01", "2026-03-02"]), "kind": "executive_meeting"})
    >>> slots = cadence_slots(accounts, touches, as_of=date(2026, 6, 30), cuts=load_policy().lifecycle)
    >>> slots.loc[slots["line_id"] == "deep_executives", "cadence_done_count"].tolist()
    [0.0, 1.0]
    """
    columns = ["account_id", "date", "kind"]
    for name, frame in {"interactions": interactions, "events": events}.items():
        if frame is not None:
            require_columns(frame, columns, table=name)
    slots = due_slots(accounts, window=trailing_window(as_of), cuts=cuts)
    slots = slots[slots["due_on"] >= interactions["date"].min()]
    touches = interactions[columns] if events is None else pd.concat([interactions[columns], events[columns]])
    done_on = _first_touch(slots, _known(touches, as_of))
    is_due = done_on.notna() | (slots["overdue_at"] <= pd.Timestamp(as_of))
    listed = slots[["account_id", "line_id", "stage", "due_on"]].assign(done_on=done_on)[is_due].reset_index(drop=True)
    return listed.assign(cadence_due_count=1.0, cadence_done_count=listed["done_on"].notna().astype(float))


def cadence_compliance(slots: pd.DataFrame, *, by: str = "account_id") -> pd.DataFrame:
    """Share of the touches due in the last twelve months that were done.

    Parameters
    ----------
    slots : DataFrame
        `cadence_slots`, with the column `by`.
    by : str
        Column whose values are measured: ``account_id``, ``line_id``, or one that was added.

    Returns
    -------
    DataFrame
        Indexed by `by`: ``cadence_compliance_rate`` in [0, 1], ``cadence_done_count cadence_due_count``.
        Whoever had nothing due has no row.

    Raises
    ------
    ValueError
        A column is missing, or a row names no `by`.

    References
    ----------
    [S2b]; M11, ruling F32.

    Examples
    --------
    >>> slots = pd.DataFrame({"account_id": ["A", "A"], "cadence_due_count": 1.0, "cadence_done_count": [1.0, 0.0]})
    >>> cadence_compliance(slots)["cadence_compliance_rate"].tolist()
    [0.5]
    """
    parts = ["cadence_done_count", "cadence_due_count"]
    require_columns(slots, [by, *parts], table="slots")
    sums = exact_sums(slots, parts, by=by)
    return sums.assign(cadence_compliance_rate=sums["cadence_done_count"] / sums["cadence_due_count"])


def _line_slots(accounts: pd.DataFrame, entries: pd.DataFrame, line: CadenceLine, window: Window) -> pd.DataFrame:
    """Return the slots of a line around a window, from every stage entry that it counts from."""
    homes = [line.home] if line.is_of_stage else LIFECYCLE_STAGES
    found = pd.concat([_from_entry(accounts["account_id"], entries[home], line, window) for home in homes], keys=homes, names=["home"])
    found = found.reset_index("home").reset_index(drop=True)
    place = (entries.to_numpy()[found["row"]] <= found["due_on"].to_numpy()[:, None]).sum(axis=1) - 1
    names = [NO_SEGMENT, *SEGMENTS]
    segment = pd.Categorical(accounts["segment"].fillna(NO_SEGMENT), categories=names).codes[found["row"]]
    holds = np.array([[line.line_id in active_lines(stage, name) for name in names] for stage in LIFECYCLE_STAGES])
    stage = np.array(LIFECYCLE_STAGES)[place]
    counts = holds[place, segment] & (line.is_of_stage | (found["home"] == stage).to_numpy())
    return found.assign(stage=stage, line_id=line.line_id)[counts]


def _from_entry(ids: pd.Series, entry: pd.Series, line: CadenceLine, window: Window) -> pd.DataFrame:
    """Return the slots of a line that counts from an entry, from a few intervals before the window to a few after."""
    known = np.flatnonzero(entry.notna())
    begin = entry.to_numpy()[known].astype("datetime64[D]")
    steps = _steps(begin, line, window)
    days = (months_after(begin[:, None], steps * line.every_months) + steps * line.every_days).astype("datetime64[h]")
    before, slot, after = days[:, :-2], days[:, 1:-1], days[:, 2:]
    opens = before - A_DAY if line.is_once else slot - (slot - before) // 2  # a single slot takes every touch of its stage
    inside = _within_stage(slot, begin, line)
    row = np.broadcast_to(known[:, None], slot.shape)[inside]
    spans = {"due_on": slot[inside], "opens_at": opens[inside], "overdue_at": (slot + (after - slot) // 2)[inside]}
    found = {name: days.astype("datetime64[s]") for name, days in spans.items()}
    return pd.DataFrame({"row": row, "account_id": ids.to_numpy()[row], **found})


def _steps(begin: np.ndarray, line: CadenceLine, window: Window) -> np.ndarray:
    """Number the slots to look at, with one beside each end; the entry itself is number 0."""
    if line.is_once:
        return np.broadcast_to(np.arange(3), (len(begin), 3))
    passed = (np.datetime64(window.after) - begin).astype(float) / line.interval_days
    first = np.maximum(passed.astype(int) - 2, 0)
    return first[:, None] + np.arange(-1, int(window.days / line.interval_days) + 6)


def _within_stage(slot: np.ndarray, begin: np.ndarray, line: CadenceLine) -> np.ndarray:
    """Tell which slots lie in the part of the stage that the line names."""
    inside = slot >= months_after(begin, line.from_months)[:, None]
    return inside if line.to_months is None else inside & (slot < months_after(begin, line.to_months)[:, None])


def _with_neighbours(slots: pd.DataFrame) -> pd.DataFrame:
    """Narrow each span to the middle between the slots of one line, also where the stage has changed between them."""
    ordered = slots.sort_values(["account_id", "line_id", "due_on"], kind="stable", ignore_index=True)
    same = ordered["account_id"].eq(ordered["account_id"].shift()) & ordered["line_id"].eq(ordered["line_id"].shift())
    gap = ordered["due_on"] - ordered["due_on"].shift()
    middle = (ordered["due_on"] - gap / 2).where(same)
    opens, closes = ordered["opens_at"], ordered["overdue_at"]
    return ordered.assign(opens_at=opens.mask(middle > opens, middle), closes_at=closes.mask(middle.shift(-1) < closes, middle.shift(-1)))


def _first_touch(slots: pd.DataFrame, touches: pd.DataFrame) -> pd.Series:
    """Return for each slot the day of the first touch of a kind that its line accepts."""
    kinds = pd.DataFrame([(line.line_id, kind) for line in cadence_lines().values() for kind in line.kinds], columns=["line_id", "kind"])
    accepted = touches.merge(kinds, on="kind")
    if not len(accepted) or not len(slots):
        return pd.Series(pd.NaT, index=slots.index, dtype="datetime64[s]")
    left = slots[["account_id", "line_id", "opens_at", "closes_at"]].reset_index(names="slot").astype({"account_id": "str"})
    found = pd.merge_asof(
        left.sort_values("opens_at", kind="stable"),
        accepted.sort_values("date", kind="stable"),
        left_on="opens_at",
        right_on="date",
        by=["account_id", "line_id"],
        direction="forward",
        allow_exact_matches=False,
    ).set_index("slot")
    return found["date"].where(found["date"] <= found["closes_at"]).reindex(slots.index)


def _known(touches: pd.DataFrame, as_of: date) -> pd.DataFrame:
    days = touches.assign(date=touches["date"].dt.normalize().astype("datetime64[s]"), account_id=touches["account_id"].astype("str"))
    return days[days["date"] <= pd.Timestamp(as_of)]


def _require_segments(segment: pd.Series) -> None:
    unknown = segment[segment.notna() & ~segment.isin(SEGMENTS)]
    if len(unknown):
        raise ValueError(f"segment must be one of {', '.join(SEGMENTS)}; {unknown.index[0]} has {unknown.iloc[0]!r}")
