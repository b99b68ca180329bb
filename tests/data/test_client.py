"""Synthetic clients: what is planted shows in kamlib's own numbers and nobody else shows it, the money adds up, the seal holds."""

from __future__ import annotations

import csv
import json
import operator
import os
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from statistics import mean

import pandas as pd
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from kamlib import incentives
from kamlib.checks import KamError
from kamlib.cli.client import client as command
from kamlib.coverage import channel_conflicts
from kamlib.data.client import (
    DIFFICULTIES,
    SEAL_NAME,
    STORY_KEYS,
    client_files,
    client_tables,
    draw_cast,
    new_code,
    open_key,
    shows,
    story_words,
    write_client,
)
from kamlib.data.client.pay import Threshold
from kamlib.data.client.seal import sealed, unsealed
from kamlib.data.client.strength import SIGNS
from kamlib.data.client.told import written
from kamlib.data.engagement import load_engagement
from kamlib.data.read import read
from kamlib.data.schema import TABLES
from kamlib.groups import group_of
from kamlib.render import render
from kamlib.scores import score
from kamlib.scores.pay import book_of, pay_run
from kamlib.scores.pay_base import Bases

D, LAST_YEAR = date(2026, 6, 30), date(2025, 6, 30)
OPERATORS = {"<=": operator.le, ">=": operator.ge}
CASES = [(seed, difficulty) for seed in range(1, 21) for difficulty in DIFFICULTIES]
SCORED = CASES if os.environ.get("KAM_ALL_CLIENTS") else CASES[:9]  # scoring takes seconds
CODE = "birds-of-a-feather"
LAST_FOUR = ("2025Q3", "2025Q4", "2026Q1", "2026Q2")


@cache
def files(seed, difficulty, without=()):
    return client_files(seed, difficulty, without=without)


def rows(seed, difficulty, without=()):
    """The tables as a reader of the CSV files has them."""
    texts, _ = files(seed, difficulty, without)
    return {name[5:-4]: list(csv.DictReader(text.splitlines())) for name, text in texts.items() if name.startswith("data/")}


def on_disk(folder, seed, difficulty):
    file = write_client(folder / "team-7", seed, difficulty, code=CODE)
    engagement = load_engagement(file)
    return engagement, read(engagement), open_key(file.parent, code=CODE)


def measures(engagement, tables):
    """Every measure of the stories, by account and by manager, from kamlib's own scores."""
    untargeted = replace(tables, frames={name: frame for name, frame in tables.frames.items() if name != "targets"})
    # The cards against targets are no measure of a story and cost as much as all the rest.
    values = score(untargeted, engagement, with_prices=False).values["account"]
    accounts, tickets, outcomes = (tables[name] for name in ("accounts", "tickets", "outcomes"))
    complained = tickets[(tickets["kind"] == "complaint") & (tickets["opened_at"] > pd.Timestamp(LAST_YEAR) + pd.Timedelta(days=1))]
    told = outcomes[outcomes["measure"].str.startswith("on-time")].sort_values("period").groupby("account_id")["actual"].last()
    conflicts = channel_conflicts(accounts, group_of(accounts), rules=engagement.policy.coverage_hours)
    by_tax = accounts.groupby("tax_id")["account_id"].transform("size") - 1
    of = accounts.set_index("account_id").index
    counted = {
        "complaints_count": complained["account_id"].value_counts(),
        "channel_conflicts_count": pd.concat([conflicts["account_id"], conflicts["other_id"]]).value_counts(),
        "shared_tax_number_count": pd.Series(by_tax.to_numpy(), index=accounts["account_id"]),
    }
    found = values.assign(**{name: column.reindex(of).fillna(0) for name, column in counted.items()})
    return found.assign(
        customer_on_time_share=told.reindex(of),
        last_quarter_share=values["recent_revenue_amount"] / values["revenue_amount"],
        dso_to_countback_ratio=values["dso_days"] / values["dso_countback_days"],
    )


def pay_measures(engagement, tables):
    book, managers = book_of(engagement), tables["managers"].set_index("manager_id")
    bases = Bases(tables, engagement, book, "2026Q2")
    orders = tables["orders"].assign(manager=tables["orders"]["account_id"].map(tables["accounts"].set_index("account_id")["manager_id"]))
    orders = orders[orders["order_date"] >= pd.Timestamp(2024, 7, 1)]
    ends = orders["order_date"] + pd.offsets.QuarterEnd(0)
    orders = orders.assign(is_late=(ends - orders["order_date"]).dt.days < 5)
    revenue = orders.groupby("manager")["net_revenue"].sum()
    found = {}
    for manager_id, row in managers.iterrows():
        plans = book.plans_of(manager_id, D)
        quarters = [bases.base(manager_id, book.plans[0], period) for period in LAST_FOUR]
        salary = int(row["base_salary"])
        jumps = [incentives.cliffs(plan, quota=quarters[-1].quota, base_salary=salary) for plan in plans]
        late = orders.loc[(orders["manager"] == manager_id) & orders["is_late"], "net_revenue"].sum()
        found[manager_id] = {
            "cliffs_count": sum(map(len, jumps)),
            "just_reached_count": sum(1 <= quarter.base / quarter.quota < 1.04 for quarter in quarters),
            "quarter_end_share": late / revenue[manager_id],
        }
    return pd.DataFrame(found).T


def holds(found, subject, conditions):
    return [OPERATORS[comparison](found.at[subject, measure], value) for measure, comparison, value in conditions]


@pytest.mark.parametrize(("seed", "difficulty"), SCORED)
def test_every_story_is_found_and_nobody_else_shows_its_signs(seed, difficulty, tmp_path):
    engagement, tables, key = on_disk(tmp_path, seed, difficulty)
    assert (tables.quality.problems, tables.quarantined, engagement.synthetic) == ([], {}, True)
    assert {planted.story for planted in key.stories} <= set(STORY_KEYS)
    assert len(key.stories) == {"easy": 3, "medium": 5, "hard": 7}[difficulty]
    assert len(key.decoys) == (7 if difficulty == "hard" else 0)
    by_account, by_manager = measures(engagement, tables), pay_measures(engagement, tables)
    planted, decoys = {one.story: one for one in key.stories}, {one.story: one for one in key.decoys}
    for story in STORY_KEYS:
        found = by_manager if story == "pay_cliff" else by_account
        told, looks = planted.get(story), decoys.get(story)
        own = [subject for subject in (told.subjects if told else ()) if subject in found.index]
        if told:
            assert all(holds(found, own[0], shows(story, difficulty))), (story, found.loc[own[0]])
        for subject in looks.subjects if looks else ():
            assert sum(holds(found, subject, SIGNS[story][difficulty])) == 1, (story, subject)
            assert not all(holds(found, subject, shows(story, difficulty))), (story, subject)
        others = [subject for subject in found.index if subject not in own and subject not in (looks.subjects if looks else ())]
        assert [subject for subject in others if any(holds(found, subject, SIGNS[story][difficulty]))] == [], story
    told_of = {subject for one in (*key.stories, *key.decoys) for subject in one.subjects}
    assert [account for account in by_account.index[by_account["risk_level"] == "red"] if account not in told_of] == []


def day(text):
    return date.fromisoformat(text[:10])


def total(lines, column="net_revenue", after=LAST_YEAR, until=D):
    return sum(float(line[column]) for line in lines if after < day(line["order_date"]) <= until)


def of_account(table, account):
    return [row for row in table if row["account_id"] == account]


def star_money(data, subjects, _pay):
    mine, own = of_account(data["orders"], subjects[0]), data["orders"]
    portfolio = 1 - total(own, "cost") / total(own)
    return portfolio * total(mine) - (total(mine) - total(mine, "cost"))


def churner_money(data, subjects, _pay):
    mine = of_account(data["orders"], subjects[0])
    return 4 * (total(mine, after=date(2025, 3, 31), until=LAST_YEAR) - total(mine, after=date(2026, 3, 31)))


def giant_money(data, subjects, _pay):
    return 0.15 * total(of_account(data["orders"], subjects[0]))


def disputed_money(data, subjects, _pay):
    mine = of_account(data["orders"], subjects[0])
    due = [line for line in mine if line["promised_on"] and LAST_YEAR < day(line["promised_on"]) <= D]
    kept = [line for line in due if line["delivered_on"] and line["delivered_on"] <= line["promised_on"]]
    told = [row for row in of_account(data["outcomes"], subjects[0]) if row["measure"].startswith("on-time") and row["period"] == "2026Q2"]
    return (len(kept) / len(due) - float(told[0]["actual"])) * total(mine)


def seasonal_money(data, subjects, _pay):
    invoices = of_account(data["invoices"], subjects[0])
    own = {row["invoice_id"] for row in invoices}
    paid = [row for row in data["payments"] if row["invoice_id"] in own]
    ends = [date(2025 + (6 + k) // 12, (6 + k) % 12 + 1, 1) - timedelta(days=1) for k in range(13)]
    owed = [
        sum(float(row["amount"]) for row in invoices if day(row["invoice_date"]) <= end)
        - sum(float(row["amount"]) for row in paid if day(row["paid_on"]) <= end)
        for end in ends
    ]
    months = [sum(float(r["amount"]) for r in invoices if a < day(r["invoice_date"]) <= b) for a, b in zip(ends, ends[1:], strict=False)]
    assert owed[-1] <= months[-1] + 0.005  # all that is open was invoiced in June, so that counting back ends there
    countback = owed[-1] / months[-1] * 30
    return mean(owed) - countback / 365 * sum(months)


def conflict_money(data, subjects, _pay):
    sums = [(total(of_account(data["orders"], one)), total(of_account(data["orders"], one), "list_price")) for one in subjects]
    deepest = max(1 - net / listed for net, listed in sums)
    return sum(net - (1 - deepest) * listed for net, listed in sums)


def pay_money(data, subjects, pay):
    manager, plan = subjects[0], next(plan for plan in pay["plans"] if plan["id"] == subjects[1])
    mine = {row["account_id"] for row in data["accounts"] if row["manager_id"] == manager}
    lines = [line for line in data["orders"] if line["account_id"] in mine]
    money = 0.0
    for number, period in enumerate(LAST_FOUR):
        first, until = (date(2025 + (6 + k) // 12, (6 + k) % 12 + 1, 1) - timedelta(days=1) for k in (3 * number, 3 * number + 3))
        quota = next(float(row["target"]) for row in data["targets"] if row["id"] == manager and row["period"] == period)
        if 1 <= total(lines, after=first, until=until) / quota < 1.04:
            rates = [tier["rate"] for tier in plan["tiers"]]
            money += plan["bonus"]["amount"] if "bonus" in plan else (rates[1] - rates[0]) * quota
    return money


MONEY = {
    "unprofitable_star": star_money,
    "silent_churner": churner_money,
    "single_threaded_giant": giant_money,
    "disputed_on_time": disputed_money,
    "seasonal_dso_illusion": seasonal_money,
    "channel_conflict": conflict_money,
    "pay_cliff": pay_money,
}


@pytest.mark.parametrize(("seed", "difficulty"), CASES)
def test_money_at_stake_adds_up_from_the_files(seed, difficulty):
    texts, key = files(seed, difficulty)
    data, pay = rows(seed, difficulty), YAML(typ="safe").load(texts["pay.yaml"])
    for planted in key.stories:
        assert planted.amount > 0
        assert MONEY[planted.story](data, planted.subjects, pay) == pytest.approx(planted.amount, abs=0.02), planted.story
    assert key.total_amount == pytest.approx(sum(planted.amount for planted in key.stories))


def test_every_story_is_planted_somewhere_in_twenty_easy_clients():
    assert {planted.story for seed in range(1, 21) for planted in files(seed, "easy")[1].stories} == set(STORY_KEYS)


@pytest.mark.parametrize(("seed", "difficulty"), CASES)
def test_size_and_names(seed, difficulty):
    data = rows(seed, difficulty)
    names = [row["name"] for table in ("accounts", "managers") for row in data[table]]
    assert 24 <= len(data["accounts"]) <= 40
    assert len(set(names)) == len(names)
    assert day(min(row["order_date"] for row in data["orders"])) < date(2023, 7, 15)
    assert day(max(row["order_date"] for row in data["orders"])) <= D
    assert all(row["order_date"] <= row["promised_on"] for row in data["orders"] if row["promised_on"])
    assert all(row["order_date"] <= row["delivered_on"] <= "2026-06-30" for row in data["orders"] if row["delivered_on"])
    assert min(Counter(row["manager_id"] for row in data["accounts"]).values()) >= 3


def test_cells_keep_to_the_schema():
    for name, table in rows(3, "hard").items():
        assert set(table[0]) <= set(TABLES[name].by_name)
        for column in TABLES[name].columns:
            cells = {row[column.name] for row in table if column.name in row}
            assert not (column.required and "" in cells), (name, column.name)
            assert not column.choices or cells <= {*column.choices, ""}, (name, column.name)


def test_account_targets_add_up_to_the_quotas():
    data = rows(5, "hard")
    manager = {row["account_id"]: row["manager_id"] for row in data["accounts"]}
    sums, quota = defaultdict(float), {}
    for row in data["targets"]:
        if row["metric"] == "revenue_amount" and row["scope"] == "account":
            sums[manager[row["id"]], row["period"]] += float(row["target"])
        elif row["metric"] == "revenue_amount":
            quota[row["id"], row["period"]] = float(row["target"])
    assert sums == {pair: pytest.approx(quota[pair], rel=1e-3) for pair in sums}
    assert len(sums) == 2 * len(data["managers"])
    for person, year in sums:
        assert sum(quota[person, f"{year}Q{number}"] for number in (1, 2, 3, 4)) == pytest.approx(quota[person, year])


def test_same_seed_and_difficulty_same_bytes(tmp_path):
    for folder in ("one", "two"):
        write_client(tmp_path / folder / "acme", 11, "medium", code=CODE)
    first, second = (sorted(path for path in (tmp_path / name).rglob("*") if path.is_file()) for name in ("one", "two"))
    assert len(first) > 20
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert [path.relative_to(tmp_path / "one") for path in first] == [path.relative_to(tmp_path / "two") for path in second]


@pytest.mark.parametrize("other", [(12, "medium"), (11, "easy"), (11, "hard")])
def test_another_seed_or_difficulty_is_another_client(other):
    mine, theirs = (
        {(row["account_id"], row["name"], row["manager_id"]) for row in rows(*case)["accounts"]} for case in ((11, "medium"), other)
    )
    assert not mine & theirs


NUMBERS = {"order_id", "returns_of", "invoice_id", "payment_id", "ticket_id"}  # running numbers: one row less moves all later ones


def untouched(data, subjects):
    """What the tables say of everybody else, without running numbers."""
    owner = {row["order_id"]: row["account_id"] for row in data["orders"]}
    owner |= {row["invoice_id"]: row["account_id"] for row in data["invoices"]}
    found = {}
    for name, table in data.items():
        of = [(row.get("account_id") or owner.get(row.get("invoice_id") or row.get("order_id")) or row.get("id"), row) for row in table]
        kept = [{key: value for key, value in row.items() if key not in NUMBERS} for who, row in of if who not in subjects]
        found[name] = sorted(map(json.dumps, kept))
    return found


@pytest.mark.parametrize("story", STORY_KEYS)
def test_a_story_left_out_leaves_no_trace(story, tmp_path):
    whole, left_out = rows(4, "hard"), rows(4, "hard", (story,))
    key = files(4, "hard")[1]
    subjects = set(next(one.subjects for one in key.stories if one.story == story))
    manager_of = {row["account_id"]: row["manager_id"] for row in whole["accounts"]}
    told_of = {account for account, manager in manager_of.items() if manager in subjects} | subjects
    served_by = {manager_of[account] for account in told_of if account in manager_of}
    colleagues = {account for account, manager in manager_of.items() if manager in served_by}
    apart = told_of | served_by
    mine, theirs = untouched(whole, apart), untouched(left_out, apart)
    targets = mine.pop("targets"), theirs.pop("targets")  # a quota follows from what all accounts of a manager bought
    assert mine == theirs
    kept = [[row for row in table if json.loads(row)["id"] not in colleagues] for table in targets]
    assert kept[0] == kept[1]
    assert len(kept[0]) > 20
    assert plans(files(4, "hard")[0]) == plans(files(4, "hard", (story,))[0])
    assert still_shown(story, tmp_path) == []


def plans(texts):
    return {name: text for name, text in texts.items() if name.startswith("plans/")}


def still_shown(story, folder):
    """Who shows every condition of a story that was left out."""
    file = write_client(folder / "acme", 4, "hard", code=CODE, without=[story])
    engagement = load_engagement(file)
    tables = read(engagement)
    found = pay_measures(engagement, tables) if story == "pay_cliff" else measures(engagement, tables)
    assert story not in {one.story for one in open_key(file.parent, code=CODE).stories}
    return [subject for subject in found.index if all(holds(found, subject, shows(story, "hard")))]


def test_an_unknown_story_or_difficulty_is_named():
    with pytest.raises(ValueError, match=r"slow_payer is no story; there are unprofitable_star, .*pay_cliff"):
        draw_cast(1, "easy", without=["slow_payer"])
    with pytest.raises(ValueError, match=r"difficulty must be one of easy, medium, hard, got 'brutal'"):
        draw_cast(1, "brutal")


# ---- nothing in the folder tells


TELLING = [*STORY_KEYS, *(words["title"][language] for words in story_words().values() for language in ("en", "zh"))]


@pytest.mark.parametrize(("seed", "difficulty"), [(918273645546372819, difficulty) for difficulty in DIFFICULTIES])
def test_no_file_tells_what_is_planted(seed, difficulty, tmp_path):
    write_client(tmp_path / "acme", seed, difficulty, code=CODE)
    paths = [path for path in (tmp_path / "acme").rglob("*") if path.is_file()]
    assert {SEAL_NAME, "acme.yaml", "pay.yaml"} <= {path.name for path in paths}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert [word for word in TELLING if word in text] == [], path.name
        assert str(seed) not in text and CODE not in text
        words = re.findall(r"[a-z]+", text.casefold()) if path.name != SEAL_NAME else []
        assert not {"planted", "seed", "decoy", "story", "stories", *DIFFICULTIES, "difficulty"} & set(words), path.name
    seal = json.loads((tmp_path / "acme" / SEAL_NAME).read_text(encoding="utf-8"))
    assert set(seal) == {"format", "salt", "sha256", "token"}


def test_whom_a_story_is_told_of_has_no_place_of_its_own():
    # An account's id, its plan file and its row say nothing: told accounts stand anywhere among the others.
    places, planned = [], []
    for seed in range(1, 21):
        texts, key = files(seed, "hard")
        ids = [row["account_id"] for row in rows(seed, "hard")["accounts"]]
        told = {subject for one in key.stories for subject in one.subjects if subject in ids}
        places += [ids.index(account) / len(ids) for account in told]
        planned += [YAML(typ="safe").load(text)["account_id"] in told for text in plans(texts).values()]
    assert 0.4 < mean(places) < 0.6
    assert 0.2 < mean(planned) < 0.8


# ---- the seal


def test_the_code_opens_the_key(tmp_path):
    file = write_client(tmp_path / "acme", 7, "hard", code=CODE)
    assert open_key(file.parent, code=f"  {CODE}\n") == client_files(7, "hard")[1]


def test_a_seal_is_a_fernet_token_and_differs_by_code_and_content():
    first = sealed("a" * 50, code=CODE, public=b"x")
    assert first == sealed("a" * 50, code=CODE, public=b"x")
    others = [
        sealed(text, code=code, public=salt) for text, code, salt in (("a" * 50, CODE, b"y"), ("b", CODE, b"x"), ("a" * 50, "x" * 9, b"x"))
    ]
    assert len({json.loads(content)["token"] for content in (first, *others)}) == 4
    assert unsealed(first, code=CODE) == "a" * 50


def test_a_wrong_code_is_refused(tmp_path):
    file = write_client(tmp_path / "acme", 7, "easy", code=CODE)
    with pytest.raises(KamError, match=r"answer_key\.sealed: is not the code .* Fix: copy it from where .* printed it") as error:
        open_key(file.parent, code="birds-of-b-feather")
    assert error.value.code == "KAM-X07"
    with pytest.raises(KamError, match="too short: a code has at least 8 characters"):
        open_key(file.parent, code="birds")


def damaged(content):
    seal = json.loads(content)
    flipped = seal["token"][:40] + ("A" if seal["token"][40] != "A" else "B") + seal["token"][41:]
    yield pytest.param("", id="empty")
    yield pytest.param(content[:-30], id="cut off")
    yield pytest.param("[1, 2]", id="not a seal")
    yield pytest.param(json.dumps(seal | {"token": flipped}), id="a letter changed")
    yield pytest.param(json.dumps(seal | {"token": 7}), id="token no text")
    yield pytest.param(json.dumps(seal | {"salt": "zz"}), id="salt no number")
    yield pytest.param(json.dumps(seal | {"salt": "00"}), id="salt too short")
    yield pytest.param(json.dumps(seal | {"format": "kamlib sealed answer key 9"}), id="another format")
    yield pytest.param(json.dumps({key: seal[key] for key in ("format", "token", "sha256")}), id="salt missing")


@pytest.mark.parametrize("content", list(damaged(sealed("{}", code=CODE, public=b""))))
def test_a_damaged_seal_is_refused(content, tmp_path):
    (tmp_path / SEAL_NAME).write_text(content, encoding="utf-8")
    with pytest.raises(KamError, match=r"answer_key\.sealed: is damaged or no sealed key. Fix: take the file again") as error:
        open_key(tmp_path, code=CODE)
    assert error.value.code == "KAM-X08"


def test_bytes_that_are_no_text_and_a_folder_without_a_seal_are_refused(tmp_path):
    with pytest.raises(KamError, match=r"has no answer_key\.sealed. Fix: name the folder that `kam client new` made"):
        open_key(tmp_path, code=CODE)
    (tmp_path / SEAL_NAME).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KamError, match="is damaged or no sealed key"):
        open_key(tmp_path, code=CODE)


def test_a_key_of_another_version_is_refused(tmp_path):
    (tmp_path / SEAL_NAME).write_text(sealed('{"version": 2}', code=CODE, public=b""), encoding="utf-8")
    with pytest.raises(KamError, match="holds a key of version 2; this kamlib reads version 1"):
        open_key(tmp_path, code=CODE)


def test_codes_that_are_made_up_are_long_and_differ():
    codes = {new_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", code) for code in codes)


# ---- words and figures


def test_texts_are_whole_in_both_languages():
    assert list(story_words()) == list(STORY_KEYS)
    for words in story_words().values():
        for name in ("subject", "title", "found_in", "at_stake", "told", "decoy"):
            en, zh = words[name]["en"], words[name]["zh"]
            assert en and zh and not re.search(r"[\u4e00-\u9fff]", en)
            assert set(re.findall(r"{\w+}", en)) == set(re.findall(r"{\w+}", zh))
            assert not re.search(r"(?<=[\u4e00-\u9fff])[,;:?!()]", zh), zh


@pytest.mark.parametrize(("seed", "difficulty"), [(seed, "hard") for seed in range(1, 6)])
def test_explanations_name_whom_they_are_about(seed, difficulty):
    _, key = files(seed, difficulty)
    for one in (*key.stories, *key.decoys):
        for language in ("en", "zh"):
            text = one.explanation[language]
            assert one.names[0] in text and one.subjects[0] in text
            assert not re.search(r"[{}]|nan", text)


@pytest.mark.parametrize(
    ("value", "kind", "language", "text"),
    [
        pytest.param(1234567.4, "amount", "en", "¥1,234,567", id="amount"),
        pytest.param(1234567.4, "amount", "zh", "¥123.5万", id="amount in wan"),
        pytest.param(9999.4, "amount", "zh", "¥9,999", id="small amount"),
        pytest.param(0.1234, "rate", "zh", "12.3%", id="rate"),
        pytest.param(-0.365, "change", "en", "−36.5%", id="fall"),
        pytest.param(0.0151, "change", "zh", "+1.5%", id="rise"),
        pytest.param(29.6, "days", "en", "30 days", id="days"),
        pytest.param(29.6, "days", "zh", "30天", id="days in Chinese"),
        pytest.param(4.0, "count", "en", "4", id="count"),
        pytest.param("AG-02", "text", "en", "AG-02", id="text"),
    ],
)
def test_figures_are_written_for_the_reader(value, kind, language, text):
    assert written(value, kind, language) == text


def test_a_threshold_jumps_by_its_bonus_or_its_rate():
    assert Threshold(12000, 0.0).jump(2e6) == 12000
    assert Threshold(0, 0.005).jump(2e6) == 10000


def paying_seed(kind):
    found = ((seed, files(seed, "hard")[0]["pay.yaml"]) for seed in range(1, 21))
    return next(seed for seed, text in found if ("bonus:" in text) == (kind == "bonus"))


@pytest.mark.parametrize("kind", ["bonus", "whole"])
def test_a_pay_run_shows_the_threshold(kind, tmp_path):
    engagement, tables, key = on_disk(tmp_path, paying_seed(kind), "hard")
    manager, plan_id = next(one.subjects for one in key.stories if one.story == "pay_cliff")
    book = book_of(engagement)
    book = book.model_copy(update={"people": {manager: (plan_id,)}})  # nobody on a salary: its score takes long and shows nothing
    run = pay_run(tables, engagement, period="2026Q2", book=book)
    paid = next(one for one in run.statements if one.person == manager).plans[0]
    steps = {step.id: step for step in paid.steps}
    assert paid.plan.id == plan_id
    assert steps["base"].amount >= steps["quota"].amount  # reached, by a little
    assert steps["base"].amount < steps["quota"].amount * 104 / 100
    assert ("bonus" in steps) == (kind == "bonus")
    assert all(check["difference"] == 0 for check in run.checks)


@pytest.mark.parametrize("notebook", ["account_workbook", "portfolio_review", "manager_review", "value_report"])
def test_a_client_renders(notebook, drawn, tmp_path):
    _, key = files(7, "hard")
    conflict, pay = (next(one.subjects for one in key.stories if one.story == story) for story in ("channel_conflict", "pay_cliff"))
    chosen = {"portfolio_review": (), "manager_review": pay[:1]}.get(notebook, conflict[:1])
    summary = render(drawn, accounts=chosen, notebook=notebook, language="zh", jobs=1, out=tmp_path / "out")
    assert (len(summary.done), summary.failed) == (1, [])


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return write_client(tmp_path_factory.mktemp("drawn") / "acme", 7, "hard", code=CODE)


# ---- the command


def run(*words):
    return CliRunner().invoke(command, [str(word) for word in words])


def test_new_makes_up_a_code_that_opens(tmp_path):
    done = run("new", tmp_path / "acme", "--seed", 7, "--difficulty", "easy")
    assert done.exit_code == 0, done.output
    code = re.search(r"code: (\S+)", done.output)[1]
    assert len(open_key(tmp_path / "acme", code=code).stories) == 3
    shown = run("open", tmp_path / "acme", "--code", code, "--lang", "zh")
    assert "虚构客户" in done.output and "共3个故事" in shown.output


def test_new_with_a_code_says_no_code_and_without_a_seed_draws_one(tmp_path):
    for name in ("one", "two"):
        done = run("new", tmp_path / name, "--code", CODE)
        assert done.exit_code == 0 and "code:" not in done.output and CODE not in done.output
    keys = [open_key(tmp_path / name, code=CODE) for name in ("one", "two")]
    assert keys[0].seed != keys[1].seed and keys[0].difficulty == "medium"
    assert client_files(keys[0].seed, "medium")[1] == keys[0]


def test_new_writes_over_nothing(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(KamError, match="is not empty. Fix: name a new folder; nothing was written"):
        write_client(tmp_path, 7, "easy", code=CODE)
    with pytest.raises(KamError, match="too short"):
        write_client(tmp_path / "new", 7, "easy", code="short")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_open_shows_every_story_and_decoy_in_both_languages(tmp_path):
    write_client(tmp_path / "acme", 7, "hard", code=CODE)
    key = open_key(tmp_path / "acme", code=CODE)
    for language in ("en", "zh"):
        shown = run("open", tmp_path / "acme", "--code", CODE, "--lang", language).output
        for one in key.stories:
            assert one.title[language] in shown and one.explanation[language] in shown and one.found_in[language] in shown
        assert all(one.explanation[language] in shown for one in key.decoys)


def test_stories_lists_the_words_that_a_diagnosis_may_use():
    for language in ("en", "zh"):
        shown = run("stories", "--lang", language).output
        assert all(story in shown and story_words()[story]["title"][language] in shown for story in STORY_KEYS)


def test_tables_are_drawn_alike_from_one_cast():
    cast = draw_cast(2, "medium")
    assert client_tables(cast) == client_tables(cast)
