"""The back-office card of the sample, recomputed from its files with nothing but the standard library."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from kamlib import load_engagement, read
from kamlib.checks import KamError
from kamlib.packs.portfolio_office import office_card

SAMPLE = Path(__file__).resolve().parents[1] / "params" / "sample"
D = date(2026, 6, 30)
END = datetime(2026, 7, 1)
YEAR, HALF = (date(2025, 7, 1), D), (date(2026, 1, 1), D)
KINDS = {"answered_24h_rate": ("complaint", "fault", "question"), "solved_48h_rate": ("complaint", "fault", "question")}
KINDS["green_channel_rate"] = ("fault", "question")
EVERYONE = {"engineering", "finance", "logistics", "quality", "service"}
HOURS = {"answered_24h_rate": 24, "solved_48h_rate": 48, "green_channel_rate": 1}


def rows(name):
    with (SAMPLE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def moment(cell):
    found = datetime.fromisoformat(cell) if cell else None
    return found if found and found < END else None


def three_months_later(day):
    month, year = (day.month + 2) % 12 + 1, day.year + (day.month + 3 > 12)
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return datetime(year, month, min(day.day, last))


def share(verdicts):
    return sum(verdicts) / len(verdicts) if verdicts else None


def services(metric, span):
    """Share in time by department; open tickets count once they are older than the limit."""
    steady = {row["account_id"]: three_months_later(date.fromisoformat(row["signed_on"])) for row in rows("accounts") if row["signed_on"]}
    verdicts = defaultdict(list)
    for row in rows("tickets"):
        opened = datetime.fromisoformat(row["opened_at"])
        if row["kind"] not in KINDS[metric] or not span[0] <= opened.date() <= span[1]:
            continue
        if metric == "green_channel_rate" and not steady.get(row["account_id"], END) <= opened:
            continue
        solved, answered = moment(row["resolved_at"]), moment(row["first_response_at"])
        served = solved if metric == "solved_48h_rate" else answered or solved
        late = (served or END) - opened > timedelta(hours=HOURS[metric])
        if served or late:
            verdicts[row["department"]].append(not late)
    return {name: share(found) for name, found in verdicts.items()}


def promises(span):
    kept = defaultdict(list)
    for row in rows("promises"):
        due = date.fromisoformat(row["due"])
        if span[0] <= due <= span[1]:
            kept[row["from_department"]].append(bool(row["kept_on"]) and date.fromisoformat(row["kept_on"]) <= due)
    return {name: share(found) for name, found in kept.items()}


def on_time(span):
    """Share of the company's order lines due that were delivered by their day."""
    due = [row for row in rows("orders") if row["promised_on"] and float(row["quantity"]) > 0]
    due = [row for row in due if span[0] <= date.fromisoformat(row["promised_on"]) <= span[1]]
    return share([bool(row["delivered_on"]) and row["delivered_on"] <= row["promised_on"] for row in due])


@pytest.fixture(scope="module")
def sample():
    engagement = load_engagement(SAMPLE.with_suffix(".yaml"))
    return read(engagement), engagement.policy


def card(tables, policy):
    return office_card(tables, policy, as_of=D, fiscal_year_start=1)


def test_the_card_is_what_the_files_say(sample):
    found, _, missing = card(*sample)
    expected = {metric: services(metric, YEAR) for metric in HOURS} | {"promises_kept_rate": promises(YEAR)}
    found = found.set_index("department")
    assert missing == [] and set(found.index) == {name for by_name in expected.values() for name in by_name}
    for metric, by_name in expected.items():
        assert len(by_name) >= 3
        for department, value in found[metric].items():
            assert (None if value != value else value) == pytest.approx(by_name.get(department)), (department, metric)
    opened = Counter(row["department"] for row in rows("tickets") if YEAR[0] <= datetime.fromisoformat(row["opened_at"]).date() <= D)
    assert found["tickets_count"].to_dict() == {name: opened[name] for name in found.index}


def test_each_target_is_scored_in_its_period(sample):
    found, targets, _ = card(*sample)
    reached = {metric: services(metric, HALF) for metric in HOURS} | {"on_time_rate": {"logistics": on_time(HALF)}}
    scores = defaultdict(list)
    held = [row for row in rows("targets") if row["scope"] == "department"]
    assert len(targets) == len(held) >= 3
    for row in held:
        floor, target, stretch = (float(row[name]) for name in ("floor", "target", "stretch"))
        value = reached[row["metric"]][row["id"]]
        score = 100 * (value - floor) / (target - floor) if value <= target else 100 + 20 * (value - target) / (stretch - target)
        scores[row["id"]].append(min(max(score, 0), 120))
        line = targets[(targets["department"] == row["id"]) & (targets["metric"] == row["metric"])].iloc[0]
        assert line["value"] == pytest.approx(value) and line["score"] == pytest.approx(scores[row["id"]][-1])
        assert (line["is_running"], line["is_company"]) == (1, row["metric"] == "on_time_rate")
    for department, value in found.set_index("department")["scorecard_score"].items():
        mean = sum(scores[department]) / len(scores[department]) if department in scores else None
        assert (None if value != value else value) == pytest.approx(mean)


def without(tables, *names, blank=False):
    frames = {name: frame for name, frame in tables.frames.items() if name not in names}
    if blank:
        frames["tickets"] = frames["tickets"].assign(department=None).astype({"department": "str"})
    return replace(tables, frames=frames)


@pytest.mark.parametrize(
    ("names", "blank", "missing", "departments"),
    [
        pytest.param(["tickets"], False, ["tickets.department"], EVERYONE, id="tickets"),
        pytest.param([], True, ["tickets.department"], EVERYONE, id="blank departments"),
        pytest.param(["promises"], False, ["promises"], {"engineering", "logistics", "quality", "service"}, id="promises"),
        pytest.param(["tickets", "promises"], False, ["tickets.department", "promises"], set(), id="both"),
        pytest.param(["promises"], True, ["tickets.department", "promises"], set(), id="promises and blank departments"),
    ],
)
def test_what_is_not_there_is_named_and_not_counted(sample, names, blank, missing, departments):
    tables, policy = sample
    found, targets, absent = card(without(tables, *names, blank=blank), policy)
    assert absent == missing and set(found.get("department", ())) == departments
    if not departments:
        assert targets.empty
    elif "tickets.department" in missing:
        own = targets.set_index("metric")["value"]
        assert own[["answered_24h_rate", "solved_48h_rate"]].isna().all() and own["on_time_rate"] == pytest.approx(on_time(HALF))
        assert found["tickets_count"].isna().all()


def test_without_targets_there_is_a_card_and_no_score(sample):
    tables, policy = sample
    found, targets, _ = card(without(tables, "targets"), policy)
    assert targets.empty and found["scorecard_score"].isna().all() and len(found) == 5


def test_a_target_that_cannot_be_scored_is_refused(sample):
    tables, policy = sample
    targets = tables["targets"].assign(floor=tables["targets"]["target"])
    with pytest.raises((ValueError, KamError), match="floor must differ from target"):
        card(replace(tables, frames=tables.frames | {"targets": targets}), policy)
