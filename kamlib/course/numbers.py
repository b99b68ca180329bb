"""Numbers as people write them, in English and Chinese: everything that can be meant, nothing guessed."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal

_MINUS = dict.fromkeys(map(ord, "‐‑‒–—−﹣"), "-")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_CURRENCY = r"(?:us\$|hk\$|[¥$€£₩]|cny|rmb|usd|eur|gbp|人民币)"
_MONEY_WORDS = r"(?:元|块|圆|yuan|cny|rmb|usd|eur|gbp|dollars?|euros?|¥|€|£|\$|人民币)?"
_SCALES = {
    **dict.fromkeys(("k", "thousand", "千"), Decimal(10**3)),
    **dict.fromkeys(("万", "w"), Decimal(10**4)),
    **dict.fromkeys(("m", "mn", "mio", "mln", "million", "百万"), Decimal(10**6)),
    "千万": Decimal(10**7),
    "亿": Decimal(10**8),
    **dict.fromkeys(("bn", "b", "billion", "十亿"), Decimal(10**9)),
}
_HUNDREDTHS = {
    **dict.fromkeys(("%", "percent", "per cent", "pct", "pp", "pts", "pt", "points", "个百分点", "个点"), Decimal("0.01")),
    "成": Decimal("0.1"),
    "‰": Decimal("0.001"),
}
_THINGS = "accounts?|customers?|lines?|orders?|contacts?|people|managers?|quarters?|tickets?|visits?|[家个名人户条单位次件季]|[家个]客户"
_SUFFIXES = {
    "share": _HUNDREDTHS,
    "rate": _HUNDREDTHS,
    "index": _HUNDREDTHS,
    "amount": _SCALES,
    "count": _SCALES,
    "ratio": dict.fromkeys(("x", "times", "-fold", "fold", "倍"), Decimal(1)),
    "days": dict.fromkeys(("d", "day", "days", "天", "日"), Decimal(1)),
    "months": dict.fromkeys(("mo", "month", "months", "个月", "月"), Decimal(1)) | dict.fromkeys(("year", "years", "年"), Decimal(12)),
    "score": dict.fromkeys(("point", "points", "pts", "分"), Decimal(1)),
}
_AFTER = {"amount": _MONEY_WORDS, "count": f"(?:{_THINGS})?"}
_DIGITS = r"(?:\d[\d.,' ]*|\.\d+)"
_POWER = r"(?:e(?P<exponent>[+-]?\d{1,3})|[x×*·] ?10\^?(?P<power>-?\d{1,3}))"


def readings(text: str, unit: str) -> tuple[float, ...]:
    """Return what a written number can mean in a unit, the likeliest first.

    Parameters
    ----------
    text : str
        As typed: full-width digits and signs, ``%``, 万 and 亿, k, m and bn, thousands separators, a decimal comma, ``1.42e7``.
    unit : str
        share, rate, index, amount, count, ratio, days, months or score.

    Returns
    -------
    tuple of float
        Shares, rates and indices as fractions. Empty where the text cannot be read. Two readings where a comma may group digits or
        begin the decimals (1,234), and where a share above 1 is written without a sign (38 is 38 or 38%).

    Examples
    --------
    >>> readings("38,2 %", "share"), readings("１４２０万元", "amount"), readings("14.2 m", "amount")
    ((0.382,), (14200000.0,), (14200000.0,))
    >>> readings("1,234", "amount"), readings("38", "share"), readings("about a third", "share")
    ((1234.0, 1.234), (38.0, 0.38), ())
    """
    written = _tidied(text)
    compound = re.fullmatch(rf"({_CURRENCY}?)\s*([\d.]+)亿([\d.]+)万?{_MONEY_WORDS}", written) if unit == "amount" else None
    if compound:
        hundreds, rest = (_plain(part) for part in compound.groups()[1:])
        return (float(hundreds[0] * 10**8 + rest[0] * 10**4),) if hundreds and rest else ()
    suffixes = "|".join(sorted(map(re.escape, _SUFFIXES[unit]), key=len, reverse=True))
    lead = rf"{_CURRENCY}?\s*" if unit == "amount" else ""
    form = (
        rf"(?P<sign>[+-]?)\s*{lead}(?P<late>[+-]?)\s*(?P<digits>{_DIGITS})\s*{_POWER}?\s*(?P<suffix>{suffixes})?\s*{_AFTER.get(unit, '')}"
    )
    found = re.fullmatch(form, written)
    if not found or found["sign"] and found["late"]:
        return ()
    scale = Decimal(10) ** int(found["exponent"] or found["power"] or 0) * _SUFFIXES[unit].get(found["suffix"] or "", 1)
    sign = -1 if "-" in (found["sign"], found["late"]) else 1
    values = [float(value * scale * sign) for value in _plain(found["digits"].strip())]
    if _SUFFIXES[unit] is _HUNDREDTHS and not found["suffix"]:
        values += [float(Decimal(str(value)) / 100) for value in values if abs(value) > 1]
    return tuple(dict.fromkeys(value for value in values if math.isfinite(value)))


def _tidied(text: str) -> str:
    raised = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda match: "^" + match[0].translate(_RAISED), text)
    plain = unicodedata.normalize("NFKC", raised).translate(_MINUS).replace("’", "'").casefold()
    plain = re.sub(r"\s+", " ", plain.replace("﹪", "%")).strip().removesuffix("。")
    plain = re.sub(r"^(?:[=≈~:约为是]|about |ca\.? |approx\.? )+\s*", "", plain)
    of_hundred = re.fullmatch(r"(-?)百分之(.+)", plain)
    return f"{of_hundred[1]}{of_hundred[2]}%" if of_hundred else plain


def _plain(digits: str) -> list[Decimal]:
    """Read digits with separators; two readings where one comma may be either, none where the groups make no sense."""
    last = max(digits.rfind("."), digits.rfind(","))
    if "." in digits and "," in digits:
        points = [digits[last]]
    elif digits.count(",") + digits.count(".") > 1:
        points = [""]
    elif "," in digits:
        points = ["", ","] if re.fullmatch(r"[1-9]\d{0,2},\d{3}", digits) else [","]
    else:
        points = ["."]
    return [Decimal(f"{whole}.{decimals or 0}") for point in points for whole, decimals in _split(digits, point)]


def _split(digits: str, point: str) -> list[tuple[str, str]]:
    whole, _, decimals = digits.partition(point) if point else (digits, "", "")
    grouped = re.fullmatch(r"\d{1,3}(?:([ ',.])\d{3})(?:\1\d{3})*", whole)
    if not (decimals.isdecimal() or not decimals) or not (grouped or whole.isdecimal() or not whole and decimals):
        return []
    return [(re.sub(r"\D", "", whole) or "0", decimals)]
