"""Numbers as people write them are read back, whatever the form; what is no number is not guessed."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kamlib.course.numbers import readings

WIDE = str.maketrans("0123456789.,%-+", "０１２３４５６７８９．，％－＋")
SUFFIXES = {
    "share": {"": "1", "%": "0.01", " %": "0.01", "％": "0.01", " percent": "0.01", "个百分点": "0.01", "‰": "0.001", "成": "0.1"},
    "amount": {
        "": "1",
        "k": "1000",
        " k": "1000",
        "千": "1000",
        "万": "10000",
        "万元": "10000",
        " 万": "10000",
        "m": "1e6",
        " m": "1e6",
        "M": "1e6",
        " million": "1e6",
        "百万": "1e6",
        "亿": "1e8",
        "亿元": "1e8",
        " bn": "1e9",
        "元": "1",
        " CNY": "1",
    },
    "count": {"": "1", " accounts": "1", "家": "1", "个": "1", "万": "10000"},
    "ratio": {"": "1", "x": "1", "倍": "1", " times": "1"},
    "days": {"": "1", " days": "1", "天": "1"},
    "months": {"": "1", " months": "1", "个月": "1", " years": "12"},
    "score": {"": "1", " points": "1", "分": "1"},
}
SUFFIXES["rate"] = SUFFIXES["index"] = SUFFIXES["share"]


@pytest.mark.parametrize(
    ("text", "unit", "read"),
    [
        pytest.param("0.38", "share", (0.38,), id="fraction"),
        pytest.param("38%", "share", (0.38,), id="per cent"),
        pytest.param("38,2 %", "share", (0.382,), id="decimal comma and blank"),
        pytest.param("３８．２％", "share", (0.382,), id="full-width"),
        pytest.param("百分之38.2", "share", (0.382,), id="bai fen zhi"),
        pytest.param("38", "share", (38.0, 0.38), id="no sign: both"),
        pytest.param("0.9", "share", (0.9,), id="below one it is the fraction"),
        pytest.param("−5.1%", "rate", (-0.051,), id="typographic minus"),
        pytest.param("－５％", "rate", (-0.05,), id="full-width minus"),
        pytest.param("+12%", "rate", (0.12,), id="plus"),
        pytest.param("1.42e7", "amount", (14_200_000.0,), id="exponent"),
        pytest.param("1.42×10⁷", "amount", (14_200_000.0,), id="power of ten"),
        pytest.param("1.42 x 10^7", "amount", (14_200_000.0,), id="power with a caret"),
        pytest.param("14.2 m", "amount", (14_200_000.0,), id="millions"),
        pytest.param("1420万", "amount", (14_200_000.0,), id="wan"),
        pytest.param("１，４２０万元", "amount", (14_200_000.0, 14_200.0), id="full-width comma before three digits: both"),
        pytest.param("1.4亿", "amount", (140_000_000.0,), id="yi"),
        pytest.param("1亿4203万元", "amount", (142_030_000.0,), id="yi and wan"),
        pytest.param("¥14,202,841", "amount", (14_202_841.0,), id="thousands with a sign of money"),
        pytest.param("￥14 202 841.50", "amount", (14_202_841.5,), id="blanks"),
        pytest.param("14.202.841,50 €", "amount", (14_202_841.5,), id="continental"),
        pytest.param("-¥263 k", "amount", (-263_000.0,), id="minus before the sign of money"),
        pytest.param("¥-263k", "amount", (-263_000.0,), id="minus behind the sign of money"),
        pytest.param("1,234", "count", (1234.0, 1.234), id="one comma, three digits: both"),
        pytest.param("0,382", "share", (0.382,), id="a leading zero is a decimal comma"),
        pytest.param("≈ 17 accounts", "count", (17.0,), id="about, with what is counted"),
        pytest.param("约17家。", "count", (17.0,), id="yue, with a full stop"),
        pytest.param("2年", "months", (24.0,), id="years are months"),
    ],
)
def test_forms(text, unit, read):
    assert readings(text, unit) == pytest.approx(read, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        *[
            pytest.param(text, unit, id=f"{text!r} as {unit}")
            for unit in ("share", "amount", "count")
            for text in ("", " ", "abc", "?", "%")
        ],
        pytest.param("about a third", "share", id="words"),
        pytest.param("38% or 40%", "share", id="two numbers"),
        pytest.param("12,34,56", "amount", id="groups of two"),
        pytest.param("1.2.3", "ratio", id="two points"),
        pytest.param("--5", "rate", id="two signs"),
        pytest.param("-¥-5", "amount", id="a sign on either side"),
        pytest.param("14 m", "share", id="millions are no share"),
        pytest.param("38%", "amount", id="per cent is no amount"),
        pytest.param("5 days", "months", id="days are no months"),
        pytest.param("1e999", "amount", id="beyond every number"),
        pytest.param("nan", "ratio", id="nan"),
        pytest.param("inf", "ratio", id="inf"),
        pytest.param("1,2345.6", "amount", id="a group of four"),
    ],
)
def test_what_is_no_number_is_not_guessed(text, unit):
    assert readings(text, unit) == ()


def grouped(whole: str, sign: str) -> str:
    return f"{int(whole):,}".replace(",", sign)


@st.composite
def written(draw) -> tuple[str, str, Decimal, bool]:
    """Draw a number and one way to write it: text, unit, value, whether the text can mean something else too."""
    unit = draw(st.sampled_from(sorted(SUFFIXES)))
    whole, decimals = str(draw(st.integers(0, 999_999_999))), draw(st.text("0123456789", max_size=4))
    point = draw(st.sampled_from([".", ","]))
    group = draw(st.sampled_from(["", " ", "'", "\u00a0", "\u202f", "," if point == "." else "."]))
    suffix = draw(st.sampled_from(sorted(SUFFIXES[unit])))
    sign = draw(st.sampled_from(["", "+", "-", "−", "－"]))
    digits = (grouped(whole, group) if group else whole) + (point + decimals if decimals else "")
    lead = draw(st.sampled_from(["", "¥", "￥", "$ ", "CNY "])) if unit == "amount" else ""
    text = f"{sign}{lead}{digits}{suffix}"
    text = text.translate(WIDE) if draw(st.booleans()) else text
    value = Decimal(f"{whole}.{decimals or 0}") * Decimal(SUFFIXES[unit][suffix]) * (-1 if sign in ("-", "−", "－") else 1)
    assume(not (group == "." and re.fullmatch(r"\d{1,3}\.\d{3}", digits)))  # 1.234 alone is a decimal point in both languages of the course
    return text, unit, value, bool(re.fullmatch(r"[1-9]\d{0,2},\d{3}", digits))


@given(written())
def test_a_number_in_any_accepted_form_is_read_back(drawn):
    text, unit, value, can_mean_more = drawn
    read = readings(text, unit)
    assert float(value) in read
    is_bare_share = unit in ("share", "rate", "index") and abs(value) > 1 and abs(read[-1]) * 100 == pytest.approx(abs(read[0]))
    assert len(read) == 1 or can_mean_more or is_bare_share
    assert can_mean_more or read[0] == float(value)


@given(st.text(max_size=12), st.sampled_from(sorted(SUFFIXES)))
def test_whatever_is_typed_is_read_or_refused_without_an_error(text, unit):
    assert all(value == value and abs(value) != float("inf") for value in readings(text, unit))
