"""Words, numbers and dates: both languages say the same, at a precision that can be read."""

from __future__ import annotations

import re
from datetime import date

import pytest

from kamlib.playbook import playbook
from kamlib.show import text

NBSP = "\u00a0"
GROUPS = ("words", "notes", "classes", "units", "tables")
NOTES = [
    "new",
    "lost",
    "inactive",
    "base_not_positive",
    "short_history",
    "too_few_answers",
    "census",
    "portfolio_measure",
    "no_rows",
    "low_coverage",
    "wallet_understated",
    "currency_without_thresholds",
    "not_yet_signed",
    "open_balance_none",
    "history_ends_first",
    "no_cost",
    "mixed_units",
    "thin",
    "no_table",
    "no_column",
    "constant_wallet",
    "few_rated",
    "not_rated",
    "by_tenure",
    "no_base",
    "no_trade_signal",
    "no_margin",
    "assumption",
    "calibrated",
]


@pytest.mark.parametrize(
    ("amount", "currency", "english", "chinese"),
    [
        pytest.param(0.0, "CNY", "¥0", "¥0", id="zero"),
        pytest.param(-0.2, "CNY", "¥0", "¥0", id="rounds to zero without a sign"),
        pytest.param(9_999.4, "CNY", "¥9,999", "¥9,999", id="largest written out"),
        pytest.param(10_000.0, "CNY", f"¥10.0{NBSP}k", "¥1.0万", id="smallest shortened"),
        pytest.param(610_000.0, "CNY", f"¥610{NBSP}k", "¥61.0万", id="thousands"),
        pytest.param(999_600.0, "CNY", f"¥1.00{NBSP}m", "¥100.0万", id="rounds up to a million"),
        pytest.param(12_345_000.0, "CNY", f"¥12.3{NBSP}m", "¥1,234.5万", id="millions"),
        pytest.param(123_456_789.0, "CNY", f"¥123{NBSP}m", "¥1.23亿", id="hundred millions"),
        pytest.param(2_500_000_000.0, "CNY", f"¥2.50{NBSP}bn", "¥25.00亿", id="billions"),
        pytest.param(-1_234_567.0, "GBP", f"−£1.23{NBSP}m", "−£123.5万", id="negative"),
        pytest.param(1_234.0, "CHF", f"CHF{NBSP}1,234", f"CHF{NBSP}1,234", id="currency in letters"),
    ],
)
def test_money_is_short(amount, currency, english, chinese):
    assert text.money(amount, currency, language="en") == english
    assert text.money(amount, currency, language="zh") == chinese


@pytest.mark.parametrize(
    ("value", "unit", "english", "chinese"),
    [
        pytest.param(None, "rate", "not measured", "未测量", id="none"),
        pytest.param(float("nan"), "days", "not measured", "未测量", id="nan"),
        pytest.param(float("inf"), "amount", "not measured", "未测量", id="infinite"),
        pytest.param(0.31249, "rate", "31.2%", "31.2%", id="rate"),
        pytest.param(-0.0001, "share", "0.0%", "0.0%", id="no negative zero"),
        pytest.param(12.5, "rate", "1,250%", "1,250%", id="huge rate"),
        pytest.param(1.0, "days", f"1{NBSP}day", "1天", id="one day"),
        pytest.param(46.6, "days", f"47{NBSP}days", "47天", id="days"),
        pytest.param(1.0, "months", f"1{NBSP}month", "1个月", id="one month"),
        pytest.param(5.14, "ratio", "5.1", "5.1", id="ratio"),
        pytest.param(-22.4, "score", "−22", "−22", id="negative score"),
        pytest.param(41_250.0, "count", "41,250", "41,250", id="count"),
    ],
)
def test_numbers_keep_the_precision_a_reader_uses(value, unit, english, chinese):
    assert text.number(value, unit, language="en", currency="CNY") == english
    assert text.number(value, unit, language="zh", currency="CNY") == chinese


@pytest.mark.parametrize(
    ("now", "then", "unit", "english", "chinese"),
    [
        pytest.param(110.0, 100.0, "amount", "+10.0%", "+10.0%", id="amount"),
        pytest.param(5_000.0, 0.0, "amount", "", "", id="base is zero"),
        pytest.param(5_000.0, -10.0, "amount", "", "", id="base is negative"),
        pytest.param(0.29, 0.31, "rate", f"−2.0{NBSP}pts", "−2.0个百分点", id="rate in points"),
        pytest.param(0.2803, 0.2801, "rate", f"0.0{NBSP}pts", "0.0个百分点", id="rounds to nothing, without a sign"),
        pytest.param(71.0, 55.0, "days", f"+16{NBSP}days", "+16天", id="days"),
        pytest.param(5.0, 5.0, "score", "0", "0", id="unchanged"),
        pytest.param(None, 5.0, "score", "", "", id="not measured now"),
        pytest.param(5.0, None, "score", "", "", id="not measured then"),
    ],
)
def test_a_change_is_in_its_own_unit(now, then, unit, english, chinese):
    assert text.change(now, then, unit, language="en") == english
    assert text.change(now, then, unit, language="zh") == chinese


def test_every_text_stands_in_both_languages_with_the_same_places():
    for group in GROUPS:
        for key, entry in text.words()[group].items():
            places = {language: set(re.findall(r"{(\w+)}", entry[language])) for language in ("en", "zh")}
            assert set(entry) == {"en", "zh"}, key
            assert places["en"] == places["zh"], key


@pytest.mark.parametrize(
    ("group", "key", "one", "many"),
    [
        pytest.param("review", "manager_lead", "1 account with", "2 accounts with", id="account"),
        pytest.param("review", "prices_exceptions", "1 price needs a reason and has none; it gave", "2 prices need", id="a whole clause"),
        pytest.param("review", "move_late", "1 day late", "2 days late", id="days"),
        pytest.param("words", "hint", "1 answer", "2 answers", id="answers"),
    ],
)
def test_one_is_not_many(group, key, one, many):
    places = dict.fromkeys(re.findall(r"{(\w+)", text.words()[group][key]["en"]), "x")
    for count, said in (("1", one), ("2", many)):
        counted = places | dict.fromkeys({"count", "days"} & places.keys(), count)
        assert said in text.say(key, language="en", group=group, **counted)


def test_a_name_that_ends_in_a_stop_closes_the_sentence():
    said = text.say("manager_conflict", language="en", group="review", listed="Hengtai Co., Ltd.")
    assert said == "Served twice, to decide: Hengtai Co., Ltd." and text.fill("{x}...", x="and so on") == "and so on..."


def test_every_note_and_every_class_has_words():
    assert set(NOTES) == set(text.words()["notes"])
    assert {"top", "mid", "low", "high", "stable", "declining"} <= set(text.words()["classes"])


def test_every_unit_of_the_registry_can_be_written():
    units = {entry["unit"] for entry in playbook("metrics").values()} - {"class", "flag"}
    assert all(re.search(r"\d", text.number(3.0, unit, language="en", currency="CNY")) for unit in units)


def test_every_interface_text_is_used():
    sources = "".join(path.read_text(encoding="utf-8") for path in _show_files())
    built = {"edition_internal", "edition_customer"} | {key for key in text.words()["words"] if key.startswith("every_")}
    assert [key for key in text.words()["words"] if key not in built and f'"{key}"' not in sources] == []


def test_dates_are_written_as_each_reader_writes_them():
    assert text.day(date(2026, 6, 30), language="en") == "30 June 2026"
    assert text.iso_day("2026-06-30", language="zh") == "2026年6月30日"


@pytest.mark.parametrize(
    ("foreign", "drawn"),
    [
        pytest.param("A$x^2$", "A\\$x^2\\$", id="mathematics"),
        pytest.param("a\\frac", "a＼frac", id="backslash"),
        pytest.param("a\u202eb\x07", "ab", id="control characters"),
        pytest.param("喆😀A", "□□A", id="glyphs the font lacks"),
    ],
)
def test_foreign_text_is_safe_to_draw(foreign, drawn):
    assert text.chart_text(foreign, drawable=frozenset(map(ord, "A$x^2\\□frac＼ab"))) == drawn


def test_refusals_name_what_is_wrong():
    with pytest.raises(ValueError, match="language must be en or zh, got 'fr'"):
        text.say("as_of", language="fr")
    with pytest.raises(ValueError, match="no text 'nonsense' under words"):
        text.say("nonsense", language="en")


def _show_files():
    from pathlib import Path

    folder = Path(text.__file__).parents[1]
    return [*folder.rglob("*.py"), *folder.rglob("*.j2"), folder.parent / "render" / "html.py"]
