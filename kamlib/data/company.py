"""What is rated of our own company: levers, readiness, who owns an incident, how the change is told, appraisals of managers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from kamlib.checks import InvalidInput
from kamlib.data.engagement_problems import typing_problems
from kamlib.data.sources import Strict
from kamlib.data.yaml_file import load_yaml
from kamlib.playbook import playbook

Level = Annotated[int, Field(ge=0, le=4)]
Text = Annotated[str, Field(min_length=1)]


class Appraisal(Strict):
    """What is rated of a manager beside the KPIs: seven competencies and conduct, 0 to 4 each."""

    competencies: dict[Text, Level] = {}
    conduct: Level | None = None

    @model_validator(mode="after")
    def _known(self) -> Appraisal:
        _require_known(self.competencies, [entry["id"] for entry in playbook("readiness")["competencies"]], "competency")
        return self


class Company(Strict):
    """The company file.

    Parameters
    ----------
    rated_on, rated_by : date, str
        When and by whom; later than the engagement's day it does not count.
    levers : dict of str to int
        Level 0 to 4 by check of playbook/levers.yaml.
    readiness : dict of str to int
        Level 0 to 4 by ``obstacle.item`` of playbook/readiness.yaml.
    incidents : dict of str to str
        Who owns each kind of incident of playbook/coverage.yaml.
    communication : dict of str to str
        How the change is told: goal, research, tone, staff, action, evaluation.
    appraisals : dict of str to Appraisal
        By manager id.
    """

    schema_: Annotated[Literal[1], Field(alias="schema")]
    rated_on: date
    rated_by: Text
    levers: dict[Text, Level] = {}
    readiness: dict[Text, Level] = {}
    incidents: dict[Text, Text] = {}
    communication: dict[Text, Text] = {}
    appraisals: dict[Text, Appraisal] = {}

    @model_validator(mode="after")
    def _known(self) -> Company:
        book = playbook("readiness")
        checks = [check["id"] for lever in playbook("levers")["levers"] for check in lever["checks"]]
        items = [f"{home['id']}.{item['id']}" for home in book["obstacles"] for item in home["points"]]
        _require_known(self.levers, checks, "check of a lever")
        _require_known(self.readiness, items, "item of readiness")
        _require_known(self.incidents, [entry["id"] for entry in playbook("coverage")["incidents"]], "kind of incident")
        _require_known(self.communication, [entry["id"] for entry in book["communication"]], "part of the communication plan")
        return self


def load_company(path: Path) -> Company:
    """Read the company file.

    Parameters
    ----------
    path : Path
        A YAML file.

    Returns
    -------
    Company

    Raises
    ------
    InvalidInput
        ``KAM-P01``: no plain YAML. ``KAM-P03``: an unknown key, item or level, with its line.
    """
    file = load_yaml(path)
    problems = typing_problems(file, Company, {})
    if problems:
        raise InvalidInput(problems)
    return Company.model_validate(file.data)


def company_schema() -> str:
    """Return the JSON schema of a company file, ``params/company.schema.json``.

    Examples
    --------
    >>> '"title": "Company"' in company_schema()
    True
    """
    return json.dumps(Company.model_json_schema(), ensure_ascii=False, indent=1) + "\n"


def _require_known(given: dict, known: list[str], kind: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"{unknown[0]} is no {kind}; write one of {', '.join(known)}")
