"""The judgement of a workshop: one YAML file per account, read strictly, written whole and only over what was read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from kamlib.checks import InvalidInput, KamError
from kamlib.data.disk import lock, write_whole
from kamlib.data.engagement_problems import typing_problems
from kamlib.data.names import file_stem
from kamlib.data.plan import Plan
from kamlib.data.schema import TABLES
from kamlib.data.tables import Tables
from kamlib.data.yaml_file import load_yaml


def read_plans(folder: Path | None, accounts: Iterable[str]) -> tuple[dict[str, Plan], list[KamError]]:
    """Read every plan of a folder.

    Parameters
    ----------
    folder : Path or None
        Need not exist.
    accounts : iterable of str
        Ids of the accounts.

    Returns
    -------
    tuple of dict and list
        Plans by account id, and what is wrong: a plan that cannot be read sets its account aside (severity ``account``), one
        of nobody is a warning.
    """
    accounts, plans, problems = list(accounts), {}, []
    stems = {file_stem(account): account for account in accounts}
    for path in sorted(folder.glob("*.y*ml")) if folder is not None and folder.is_dir() else ():
        try:
            plan = read_plan(path)
        except InvalidInput as error:
            claimed = stems.get(path.stem) or _claimed(path, accounts)
            problems += [_of_account(problem, claimed) for problem in error.problems]
            continue
        problem = _misplaced(path, plan, stems)
        if problem:
            problems.append(problem)
        else:
            plans[plan.account_id] = plan
    set_aside = {problem.record for problem in problems if problem.severity == "account"}
    return {account: plan for account, plan in plans.items() if account not in set_aside}, problems


def read_plan(path: Path) -> Plan:
    """Read one plan.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Plan

    Raises
    ------
    InvalidInput
        ``KAM-P01``: no plain YAML. ``KAM-P03``: an unknown key or a value of the wrong type, with its line.
    """
    file = load_yaml(path, name=f"plans/{path.name}")
    problems = typing_problems(file, Plan, {})
    if problems:
        raise InvalidInput(problems)
    return Plan.model_validate(file.data)


def with_ratings(tables: Tables, plans: dict[str, Plan]) -> Tables:
    """Put the ratings of the plans below those of the table of assessments, so that what a workshop rates counts everywhere.

    Parameters
    ----------
    tables : Tables
    plans : dict of str to Plan
        By account; one whose account is set aside is left out.

    Returns
    -------
    Tables
        With `plans`; ``assessments`` is there as soon as one plan rates something.
    """
    plans = {account: plan for account, plan in plans.items() if account not in tables.quarantined}
    rows = [{"account_id": account, **rating.model_dump()} for account, plan in plans.items() for rating in plan.assessments]
    if not rows:
        return replace(tables, plans=plans)
    names = [column.name for column in TABLES["assessments"].columns]
    rated = pd.DataFrame(rows).reindex(columns=names).astype(dict.fromkeys(set(names) - {"level", "assessed_on"}, "str"))
    rated = rated.assign(level=rated["level"].astype(float), assessed_on=pd.to_datetime(rated["assessed_on"]).astype("datetime64[us]"))
    there = tables.get("assessments")
    frame = rated if there is None else pd.concat([there, rated.astype(there.dtypes.to_dict())], ignore_index=True)
    mapped = tables.mapped | {"assessments": tables.mapped.get("assessments", frozenset()) | frozenset(names)}
    return replace(tables, frames=tables.frames | {"assessments": frame}, mapped=mapped, plans=plans)


def save_plan(folder: Path, plan: Plan) -> Plan:
    """Write a plan over the revision that it was read as.

    Parameters
    ----------
    folder : Path
        Made if absent.
    plan : Plan
        With the revision that was read; 0 for a new one.

    Returns
    -------
    Plan
        As written, its revision one higher.

    Raises
    ------
    KamError
        ``KAM-P06``: somebody has written it since; nothing was written.
    InvalidInput
        What lies there is no plan; nothing was written.

    Notes
    -----
    The file is whole at every moment. Comments in it are kept where what they stand beside is still there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{file_stem(plan.account_id)}.yaml"
    with open(folder / ".lock", "a+", encoding="utf-8") as handle:
        lock(handle, wait=True)
        there = read_plan(path).revision if path.exists() else 0
        if there != plan.revision:
            why = f"was written by somebody else: revision {there} lies there, {plan.revision} was read"
            raise KamError("KAM-P06", why, "read it again and repeat the change", file=f"plans/{path.name}")
        written = plan.model_copy(update={"revision": there + 1})
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        write_whole(path, _yaml_text(written, path).encode("utf-8"), mode=mode)
    return written


def _yaml_text(plan: Plan, path: Path) -> str:
    yaml = YAML(typ="rt")
    yaml.width, yaml.allow_unicode = 120, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda _: True  # one day written twice is two days: the reader takes no aliases
    wanted = {"schema": 1, "revision": plan.revision, "account_id": plan.account_id}
    wanted |= plan.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)
    node = _merged(yaml.load(path.read_text(encoding="utf-8")), wanted) if path.exists() else wanted
    out = StringIO()
    yaml.dump(node, out)
    return out.getvalue()


def _merged(node: Any, wanted: Any) -> Any:
    """Put values into a tree that carries comments; entries of a list are told apart by id, ratings by who gave them when."""
    if isinstance(node, dict) and isinstance(wanted, dict):
        for key in [key for key in node if key not in wanted and node[key]]:
            del node[key]
        for key, value in wanted.items():
            node[key] = _merged(node[key], value) if key in node else value
        return node
    if isinstance(node, list) and isinstance(wanted, list):
        before: dict[str, list] = {}
        for entry in node:
            before.setdefault(_name(entry), []).append(entry)
        found = [_merged(before[_name(value)].pop(0), value) if before.get(_name(value)) else value for value in wanted]
        if [_name(entry) for entry in node] != [_name(value) for value in wanted]:
            return found  # a comment between entries has lost its place
        node[:] = found
        return node
    return node if node == wanted else wanted


def _name(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    rated = [str(entry.get(key)) for key in ("item", "assessor", "assessed_on")]  # several people rate one item
    return str(entry["id"]) if "id" in entry else " ".join(rated) if "item" in entry else str(entry)


def _claimed(path: Path, accounts: list[str]) -> str | None:
    """Return the account that a plan with a mistake in it says it belongs to."""
    try:
        found = load_yaml(path, name=path.name).data
    except InvalidInput:
        return None
    account = found.get("account_id") if isinstance(found, dict) else None
    return account if account in accounts else None


def _of_account(problem: KamError, account: str | None) -> KamError:
    problem.severity, problem.record = ("account", account) if account else ("warning", None)
    return problem


def _misplaced(path: Path, plan: Plan, stems: dict[str, str]) -> KamError | None:
    """Say what is wrong with the place of a plan: an account that is not there, or a file named for another."""
    name, stem = f"plans/{path.name}", file_stem(plan.account_id)
    if stem not in stems:
        near = get_close_matches(plan.account_id, stems.values(), n=1)
        fix = f"did you mean {near[0]}?" if near else "correct it, or take the file away"
        why = "is not in accounts, so that nobody reads this plan"
        return KamError("KAM-K02", why, fix, severity="warning", file=name, column="account_id", value=plan.account_id)
    if path.name != f"{stem}.yaml":
        why = f"has its plan in {stem}.yaml"
        return KamError("KAM-K01", why, "keep one of the files under that name", severity="account", file=name, column="account_id",
                        value=plan.account_id, record=plan.account_id)  # fmt: skip
    return None
