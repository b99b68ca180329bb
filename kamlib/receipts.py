"""How each number came about: formula, the figures in it, rows, policy values and source (M28)."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass

from kamlib.playbook import playbook

_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.USub: operator.neg}
_FUNCTIONS = {"min": min, "max": max, "abs": abs, "sqrt": math.sqrt}


@dataclass(frozen=True)
class Receipt:
    """The receipt of one number.

    Parameters
    ----------
    metric : str
        Metric id.
    value, text, note : float, str, str
        The number, or the class, or why there is neither.
    formula : str
        As in the registry; arithmetic over `parts` where the metric is arithmetic.
    parts : dict of str to float
        The figures in the formula by id.
    rows : dict of str to int
        Table to the number of this account's rows that were read for it.
    policy : dict of str to dict
        Path to leaf (value, unit, source, kind) of each policy value used.
    coverage : float
        Share of the weights or of the revenue that was measured; NaN where the metric has none.
    source : str
        Source key and section.
    """

    metric: str
    value: float | None
    text: str | None
    note: str | None
    formula: str
    parts: Mapping[str, float | None]
    rows: Mapping[str, int]
    policy: Mapping[str, dict]
    coverage: float | None
    source: str


def receipt(score: Mapping, rows: Mapping[str, int], policy: Mapping[str, dict]) -> Receipt:
    """Put together the receipt of one score of an account pack.

    Parameters
    ----------
    score : mapping
        One entry of the pack's ``scores``.
    rows : mapping of str to int
        The account's rows per table.
    policy : mapping of str to dict
        Every policy leaf by path.

    Returns
    -------
    Receipt

    Examples
    --------
    >>> score = {"metric": "growth_rate", "value": 0.25, "text": None, "note": None, "coverage": None,
    ...          "parts": {"revenue_amount": 125.0, "revenue_prior_amount": 100.0}}
    >>> receipt(score, {"orders": 7}, {}).rows
    {'orders': 7}
    """
    entry = playbook("metrics")[score["metric"]]
    tables = dict.fromkeys(choice.split(".")[0] for name in entry.get("inputs", []) for choice in name.split(" or "))
    return Receipt(
        metric=score["metric"],
        value=score["value"],
        text=score["text"],
        note=score["note"],
        formula=entry["formula"] if score["parts"] else entry.get("above", entry["formula"]),  # above an account it is a sum
        parts=score["parts"],
        rows={table: rows[table] for table in tables if table in rows},
        policy={path: policy[path] for path in entry.get("policy", []) if path in policy},
        coverage=score["coverage"],
        source=str(entry["source"]),
    )


def recompute(formula: str, parts: Mapping[str, float]) -> float:
    """Compute a receipt's number again from its formula and parts.

    Parameters
    ----------
    formula : str
        Arithmetic over the names in `parts`: ``+ - * /``, parentheses, ``min max abs sqrt``.
    parts : mapping of str to float
        Figures by id.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        The formula is in words, or names a figure that is not among the parts.

    Examples
    --------
    >>> recompute("revenue_amount / revenue_prior_amount - 1", {"revenue_amount": 125.0, "revenue_prior_amount": 100.0})
    0.25
    """
    try:
        return _value(ast.parse(formula, mode="eval").body, parts)
    except (SyntaxError, KeyError) as error:
        raise ValueError(f"cannot recompute {formula!r} from {', '.join(parts) or 'no parts'}") from error


def is_arithmetic(formula: str) -> bool:
    """Tell whether a registry formula is arithmetic, not words.

    Parameters
    ----------
    formula : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_arithmetic("revenue_amount / revenue_prior_amount - 1"), is_arithmetic("highest level exceeded in each month")
    (True, False)
    """
    try:
        tree = ast.parse(formula, mode="eval")
    except SyntaxError:
        return False
    return all(isinstance(node, _ALLOWED) for node in ast.walk(tree))


def excel_formula(formula: str, cells: Mapping[str, str]) -> str:
    """Write a registry formula as an Excel formula over cells.

    Parameters
    ----------
    formula : str
        Arithmetic over metric ids.
    cells : mapping of str to str
        Cell of each id.

    Returns
    -------
    str

    Examples
    --------
    >>> excel_formula("revenue_amount / max(revenue_prior_amount, 1) - 1", {"revenue_amount": "A1", "revenue_prior_amount": "B1"})
    '=A1 / MAX(B1, 1) - 1'
    """
    return "=" + re.sub(r"[a-z_]\w*", lambda match: cells.get(match[0], match[0].upper()), formula)


_ALLOWED = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Call, ast.Name, ast.Constant, ast.Load, *_OPERATORS)


def _value(node: ast.expr, parts: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return parts[name]
        case ast.UnaryOp(op=sign, operand=operand):
            return _OPERATORS[type(sign)](_value(operand, parts))
        case ast.BinOp(left=left, op=sign, right=right):
            return _OPERATORS[type(sign)](_value(left, parts), _value(right, parts))
        case ast.Call(func=ast.Name(id=name), args=args):
            return _FUNCTIONS[name](*(_value(arg, parts) for arg in args))
    raise SyntaxError(ast.dump(node))
