"""Reading a pay book: the engagement's own file, or the plans that ship."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path

from ruamel.yaml import YAML

from kamlib.checks import InvalidInput
from kamlib.data.engagement_problems import typing_problems
from kamlib.data.yaml_file import load_yaml
from kamlib.incentives.plan import PayBook


def load_book(path: Path) -> PayBook:
    """Read the pay plans of an engagement.

    Parameters
    ----------
    path : Path
        A YAML file.

    Returns
    -------
    PayBook

    Raises
    ------
    InvalidInput
        ``KAM-P01``: no plain YAML. ``KAM-P03``: an unknown key or a term that does not hold, with its line.
    """
    file = load_yaml(path)
    problems = typing_problems(file, PayBook, {})
    if problems:
        raise InvalidInput(problems)
    return PayBook.model_validate(file.data)


@cache
def default_book() -> PayBook:
    """Return the pay plans that ship, playbook/pay.yaml.

    Returns
    -------
    PayBook

    Examples
    --------
    >>> [plan.id for plan in default_book().plans][:2]
    ['commission_revenue', 'commission_margin']
    """
    text = files("kamlib.playbook").joinpath("pay.yaml").read_text(encoding="utf-8")
    return PayBook.model_validate(YAML(typ="safe").load(text))


def pay_schema() -> str:
    """Return the JSON schema of a pay book, ``params/pay.schema.json``.

    Examples
    --------
    >>> '"title": "PayBook"' in pay_schema()
    True
    """
    return json.dumps(PayBook.model_json_schema(mode="validation"), ensure_ascii=False, indent=1) + "\n"
