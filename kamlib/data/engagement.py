"""The engagement file: which files hold which table, in which dialect, under which names; typed, and refused with line and column."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator

from kamlib.checks import InvalidInput
from kamlib.data.engagement_problems import name_problems, policy_problems, typing_problems
from kamlib.data.schema import TABLES
from kamlib.data.sources import Strict, TableSource
from kamlib.data.yaml_file import load_yaml

if TYPE_CHECKING:
    from kamlib.policy import Policy

Fraction = Annotated[float, Field(ge=0, le=1)]

__all__ = ["Engagement", "engagement_schema", "load_engagement"]


class Engagement(Strict):
    """One client's work: when, in which money and language, from which tables.

    Parameters
    ----------
    name : str
        As it stands on every page.
    as_of : date
        The day at whose end the numbers stand; nothing later counts.
    currency : str
        Three capitals; every amount is shown in it.
    fiscal_year_start : int
        Month, 1 to 12.
    language : str
        ``en`` or ``zh``.
    policy_overrides : dict
        Values in place of the policy's own, under the same paths.
    tables : dict of str to TableSource
        Canonical table to where its rows come from; `accounts` and `orders` at least.
    plans : Path
        Folder of the plan files; by default ``plans/`` in the folder named like the engagement file.
    pay : Path
        File of the pay plans; without one the plans of playbook/pay.yaml hold.
    company : Path
        File of the company's own ratings: levers, readiness, appraisals; without one they are not rated.
    calibration : list of pairs
        Early-warning index and the share of accounts lost at it, as ``kam backtest`` measured; empty: the policy's assumption.
    synthetic : bool
        Whether the client is made up; every workbook then says so.
    """

    model_config = ConfigDict(title="kamlib engagement file")

    schema_: Annotated[Literal[1], Field(alias="schema", description="Version of this format.")]
    name: Annotated[str, Field(min_length=1, description="As it stands on every page.")]
    as_of: Annotated[date, Field(description="The day at whose end the numbers stand.")]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="Three capitals, as CNY.")]
    fiscal_year_start: Annotated[int, Field(ge=1, le=12, description="First month of the fiscal year.")] = 1
    language: Annotated[Literal["en", "zh"], Field(description="Language of the workbooks.")] = "en"
    policy_overrides: Annotated[dict[str, Any], Field(description="Policy values under their paths.")] = {}
    tables: Annotated[dict[str, TableSource], Field(json_schema_extra={"propertyNames": {"enum": list(TABLES)}})]
    plans: Annotated[Path | None, Field(validate_default=True, description="Folder of the plan files.")] = None
    pay: Annotated[Path | None, Field(description="File of the pay plans.")] = None
    company: Annotated[Path | None, Field(description="File of the company's own ratings.")] = None
    calibration: Annotated[list[tuple[Fraction, Fraction]], Field(description="Pairs of index and loss rate from kam backtest.")] = []
    synthetic: Annotated[bool, Field(description="Made-up client; every workbook says so.")] = False

    _path: Path = PrivateAttr(default=Path("engagement.yaml"))

    @field_validator("plans")
    @classmethod
    def _absolute(cls, plans: Path | None, info: ValidationInfo) -> Path | None:
        path = (info.context or {}).get("path")
        if path is None:
            return plans
        return path.parent / (plans or Path(path.stem) / "plans")

    @field_validator("calibration")
    @classmethod
    def _rising(cls, pairs: list[tuple[float, float]]) -> list[tuple[float, float]]:
        if any(later[0] < pair[0] or later[1] < pair[1] for pair, later in pairwise(pairs)):
            raise ValueError("must rise: neither the index nor the loss rate may fall from one pair to the next")
        return pairs

    @property
    def path(self) -> Path:
        """The engagement file, absolute."""
        return self._path

    @property
    def folder(self) -> Path:
        """The folder that the paths in the file start from."""
        return self._path.parent

    @cached_property
    def policy(self) -> Policy:
        """The policy with the engagement's own values in it."""
        from kamlib.policy import load_policy

        return load_policy(self.policy_overrides)

    def overridden(self, changes: Mapping[str, Any]) -> Engagement:
        """Return the engagement with further policy values in place.

        Parameters
        ----------
        changes : mapping of str to value
            Dotted path, such as ``abc.a_share``, to the value.

        Raises
        ------
        KamError
            KAM-P03: there is no such path, or the value does not fit.
        """
        from kamlib.policy import load_policy

        merged = deepcopy(self.policy_overrides)
        for path, value in changes.items():
            *groups, name = path.split(".")
            node = merged
            for group in groups:
                node = node.setdefault(group, {})
            node[name] = value
        copy = self.model_copy(update={"policy_overrides": merged})
        copy.__dict__["policy"] = load_policy(merged)
        return copy


def engagement_schema() -> str:
    """Return the JSON schema of the engagement file, ``params/engagement.schema.json``.

    Examples
    --------
    >>> '"title": "kamlib engagement file"' in engagement_schema()
    True
    """
    return json.dumps(Engagement.model_json_schema(), ensure_ascii=False, indent=1) + "\n"


def load_engagement(path: str | Path) -> Engagement:
    """Read and type an engagement file.

    Parameters
    ----------
    path : str or Path
        A YAML file of at most 256 kB.

    Returns
    -------
    Engagement

    Raises
    ------
    InvalidInput
        KAM-P01 where the file is not plain YAML; KAM-P03 for every unknown name and every value of the wrong
        type, each with line and column.
    """
    path = Path(path).absolute()
    file = load_yaml(path)
    problems = typing_problems(file, Engagement, {"path": path})
    if not problems:
        engagement = Engagement.model_validate(file.data, context={"path": path})
        engagement._path = path
        problems = [*name_problems(file, engagement.tables), *policy_problems(file, engagement.policy_overrides)]
    if problems:
        raise InvalidInput(problems)
    return engagement
