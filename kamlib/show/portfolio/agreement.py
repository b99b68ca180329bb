"""Whether the classifications agree, what sets key accounts apart, and how firm the classes are."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from kamlib.segments.conflicts import CLASSIFICATIONS
from kamlib.show import reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import lead, note, word
from kamlib.show.portfolio.left_out import leave_out, telling
from kamlib.show.portfolio.standing import STARS, TIERS

ORDERS = {
    "qualification_verdict": ("qualified", "candidate", "not_key", "insufficient"),
    "abc_class": ("A", "B", "C"),
    "tier": TIERS,
    "segment": ("core", "grow", "maintain", "optimise"),
    "stars_count": tuple(str(int(stars)) for stars in STARS),
}
DESCRIBED_ELSEWHERE = {("qualification_verdict", "abc_class"), ("qualification_verdict", "stars_count")}  # neither decides anything
MOST_CONFLICTS, LIFTS_SHOWN = 15, 5
ACROSS = 2


def classes(portfolio) -> None:
    """Publish the cross-tables of the classifications and the accounts where tier and segment disagree (F18)."""
    if leave_out(portfolio, "portfolio_classes"):
        return
    measured = [name for name in CLASSIFICATIONS if portfolio.accounts[name].notna().any()]
    pairs = [pair for pair in combinations(measured, 2) if pair not in DESCRIBED_ELSEWHERE]
    crossed = [_cross(portfolio, *pair) for pair in pairs]
    rows = [blocks.side_by_side(*crossed[start : start + ACROSS], across=ACROSS) for start in range(0, len(crossed), ACROSS)]
    blocks.section(portfolio, "portfolio_classes", [note(word(portfolio, "classes_note")), *_conflicts(portfolio, measured), *rows])


def profile(portfolio) -> None:
    """Publish which attributes tell key accounts from the others, and the values commoner or rarer among them; none, no table (M33)."""
    if leave_out(portfolio, "portfolio_profile"):
        return
    ranking, mix = portfolio.table("profile_ranking"), portfolio.table("profile_mix")
    active = portfolio.accounts[portfolio.accounts["revenue_amount"] > 0]
    places = {"chosen": blocks.count(portfolio, _key_count(active)), "all": blocks.count(portfolio, len(active))}
    names = blocks.names(portfolio, [text.inside(word(portfolio, name)) for name in telling(portfolio)])
    said = word(portfolio, "profile_telling", names=names)
    opening = text.paragraph([word(portfolio, _key_words(active), **places), said], language=portfolio.language)
    least = int(portfolio.policy["benchmark.minimum_accounts"]["value"])
    shown = [lead(opening), _ranking(portfolio, ranking), _lifts(portfolio, mix), note(word(portfolio, "profile_note", least=least))]
    blocks.section(portfolio, "portfolio_profile", shown)


def _key_words(active: pd.DataFrame) -> str:
    return "profile_lead_qualified" if (active["qualification_verdict"] == "qualified").any() else "profile_lead"


def _key_count(active: pd.DataFrame) -> int:
    """Count the key accounts as the pack does: the qualified ones, the core segment where nobody is."""
    qualified = int((active["qualification_verdict"] == "qualified").sum())
    return qualified or int((active["segment"] == "core").sum())


def sensitivity(portfolio) -> None:
    """Publish how many accounts change class, and the largest of them, when one cut or weight is moved."""
    summary, moves = _own_moves(portfolio.table("sensitivity")), portfolio.table("sensitivity_moves")
    step = portfolio.policy["sensitivity.change_rate"]["value"]
    rate, widest = f"{step:.0%}", summary.sort_values("moved_count", ascending=False, kind="stable").iloc[0]
    if not widest["moved_count"] > 0:
        firm = lead(word(portfolio, "sensitivity_firm", rate=rate))
        return blocks.section(portfolio, "portfolio_sensitivity", [firm, *_cut_notes(portfolio, summary, with_quiet=False)])
    most = summary.groupby("path", sort=False)["moved_count"].max()
    moving = most.index[most > 0]
    columns = [("path", word(portfolio, "cut"), "text"), ("value", word(portfolio, "cut_value"), "text")]
    columns += [(key, word(portfolio, key, rate=rate), "text") for key in ("lower", "higher")]
    columns += [("names", word(portfolio, "who_moves"), "text")]
    rows = [_path_row(portfolio, path, summary, moves) for path in moving]
    places = {"moved": blocks.count(portfolio, portfolio.moved_accounts_count), "all": blocks.count(portfolio, widest["accounts_count"])}
    places |= {
        "rate": rate,
        "path": text.inside(cut_name(portfolio, widest["path"])),
        "count": blocks.count(portfolio, widest["moved_count"]),
    }
    shown = [lead(word(portfolio, "sensitivity_lead", **places)), blocks.table(portfolio, columns, rows), *_cut_notes(portfolio, summary)]
    return blocks.section(portfolio, "portfolio_sensitivity", shown)


def _own_moves(summary: pd.DataFrame) -> pd.DataFrame:
    """Count without the accounts that move by coverage alone: their potential does not change, only whether it counts as measured."""
    return summary.assign(moved_count=summary["moved_count"] - summary["by_coverage_count"])


def _cut_notes(portfolio, summary: pd.DataFrame, *, with_quiet: bool = True) -> list[dict]:
    """Name the cuts that move nobody, those that nobody has the input for, and those that move some by coverage alone."""
    untried = summary["note"].eq("no_input")
    most = summary[~untried].groupby("path", sort=False)["moved_count"].max()
    sets = {"quiet_cuts": most.index[~(most > 0)], "untried_cuts": summary.loc[untried, "path"].unique()}
    said = [
        word(portfolio, key, paths=blocks.names(portfolio, [text.inside(cut_name(portfolio, path)) for path in paths]))
        for key, paths in sets.items()
        if len(paths) and (with_quiet or key != "quiet_cuts")
    ]
    crossing = summary.groupby("path", sort=False)["by_coverage_count"].max()
    listed = [
        word(portfolio, "cut_count", path=text.inside(cut_name(portfolio, path)), count=blocks.count(portfolio, count))
        for path, count in crossing[crossing > 0].items()
    ]
    if listed:
        least = f"{portfolio.policy['coverage.minimum_share']['value']:.0%}"
        said.append(word(portfolio, "by_coverage_cuts", paths=blocks.names(portfolio, listed), least=least))
    return [note(words) for words in said]


def class_name(portfolio, metric: str, key) -> str:
    """Write one class of any classification."""
    if not isinstance(key, str):
        return reading.say(portfolio, "nothing")
    if metric == "stars_count":
        return "★" * int(float(key)) or reading.say(portfolio, "no_stars")
    return reading.class_words(key, metric, language=portfolio.language)


def cut_name(portfolio, path: str) -> str:
    """Name a cut or a weight; the path, by which ``kam score --override`` knows it, stands behind."""
    key = "cut_" + ".".join(step for step in path.split(".") if not step.isupper())
    return word(portfolio, "cut_and_path", name=word(portfolio, key), path=path)


def _cross(portfolio, name: str, other: str) -> dict:
    found = portfolio.class_table
    pair = found[(found["classification"] == name) & (found["other_classification"] == other)]
    counts = pair.pivot(index="class", columns="other_class", values="accounts_count").reindex(index=ORDERS[name], columns=ORDERS[other])
    heads = [(key, class_name(portfolio, other, key), "count") for key in ORDERS[other]]
    rows = [[class_name(portfolio, name, key), *row] for key, row in zip(ORDERS[name], counts.to_numpy(dtype=float).tolist(), strict=True)]
    first, second = (word(portfolio, f"short_{metric}") for metric in (name, other))
    heading = word(portfolio, "cross", first=first[0].upper() + first[1:], second=second)
    return blocks.table(portfolio, [("class", "", "text"), *heads], rows, heading=heading, key=f"{name}_{other}", style="kam-dense")


def _conflicts(portfolio, measured: list[str]) -> list[dict]:
    if not {"tier", "segment"} <= set(measured):
        return []
    found = portfolio.conflicts
    if found.empty:
        return [lead(word(portfolio, "no_conflicts"))]
    shown, rest = found.head(MOST_CONFLICTS), found.iloc[MOST_CONFLICTS:]
    rows = [_conflict_row(portfolio, entry) for entry in shown.to_dict("records")]
    columns = [
        ("name", word(portfolio, "account"), "text"),
        ("tier", word(portfolio, "tier"), "text"),
        ("segment", word(portfolio, "segment"), "text"),
    ]
    columns += [("conflict", word(portfolio, "conflict"), "text"), ("revenue_amount", word(portfolio, "revenue_amount"), "amount")]
    further = (
        [[word(portfolio, "further", count=blocks.count(portfolio, len(rest))), "", "", "", rest["revenue_amount"].sum()]]
        if len(rest)
        else []
    )
    return [blocks.table(portfolio, columns, rows, rest=further, heading=word(portfolio, "conflicts"), key="conflicts")]


def _conflict_row(portfolio, entry: dict) -> list:
    named = [class_name(portfolio, metric, entry[metric]) for metric in ("tier", "segment")]
    return [entry["name"], *named, word(portfolio, entry["conflict"]), entry["revenue_amount"]]


def _ranking(portfolio, ranking: pd.DataFrame) -> dict:
    columns = [("attribute", word(portfolio, "attribute"), "text"), ("mutual_information_bits", word(portfolio, "information"), "decimal")]
    columns += [("permutation_p", word(portfolio, "by_chance"), "chance")]
    values = ranking[["attribute", "mutual_information_bits", "permutation_p"]].to_numpy(dtype=object).tolist()
    return blocks.table(portfolio, columns, [[word(portfolio, name), *numbers] for name, *numbers in values], key="ranking")


def _lifts(portfolio, mix: pd.DataFrame) -> dict:
    known = mix[mix["lift"].notna()].sort_values("lift", ascending=False, kind="stable")
    shown = known if len(known) <= 2 * LIFTS_SHOWN else pd.concat([known.head(LIFTS_SHOWN), known.tail(LIFTS_SHOWN)])
    units = {"key_count": "count", "all_count": "count", "key_share": "share", "all_share": "share", "lift": "ratio"}
    columns = [("attribute", word(portfolio, "attribute"), "text"), ("value", word(portfolio, "attribute_value"), "text")]
    columns += [(key, word(portfolio, key), unit) for key, unit in units.items()]
    values = shown[["attribute", "value", *units]].to_numpy(dtype=object).tolist()
    pooled = word(portfolio, "pooled")
    rows = [[word(portfolio, name), pooled if value == "(other)" else value, *numbers] for name, value, *numbers in values]
    return blocks.table(portfolio, columns, rows, key="lifts")


def _path_row(portfolio, path: str, summary: pd.DataFrame, moves: pd.DataFrame) -> list[str]:
    lines = summary[summary["path"] == path].sort_values("change_rate")
    counts = [blocks.count(portfolio, moved) if moved == moved else word(portfolio, "out_of_range") for moved in lines["moved_count"]]
    metric, named = lines["classification"].iloc[0], moves[moves["path"] == path].drop_duplicates("name").head(3)
    arrows = [
        f"{row['name']} ({class_name(portfolio, metric, row['from'])} → {class_name(portfolio, metric, row['to'])})"
        for row in named.to_dict("records")
    ]
    value = text.decimal(lines["value_before"].iloc[0], 2 if lines["value_before"].iloc[0] < 1 else 0, language=portfolio.language)
    return [cut_name(portfolio, path), value, *counts, reading.say(portfolio, "semicolon").join(arrows)]
