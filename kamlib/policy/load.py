"""Reading the policy, with an engagement's own values in place of the defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import PrivateAttr, ValidationError
from ruamel.yaml import YAML

from kamlib.checks import KamError
from kamlib.policy.coverage import AppraisalWeights, CoverageHours, LeverRules, ServiceCost
from kamlib.policy.judgement import (
    BacktestRules,
    DrillRules,
    PhaseCuts,
    QualificationRules,
    RelationshipRules,
    StakeholderRules,
    StressRules,
    ValueRules,
    WarningRules,
    WhitespaceRules,
)
from kamlib.policy.moves import MoveRules, PrivacyRules
from kamlib.policy.pay import PrincipleRules
from kamlib.policy.price import PriceRules
from kamlib.policy.rules import (
    AbcCuts,
    BenchmarkRules,
    CoverageRules,
    Currency,
    CustomerRules,
    LifecycleCuts,
    LimitRules,
    MatrixCuts,
    MoneyRules,
    NpsRules,
    PercentileRules,
    PotentialRules,
    ProfileRules,
    ProfitRules,
    ReceivablesRules,
    Rules,
    SensitivityRules,
    StarRules,
    TierCuts,
    WorseRules,
)

_CURRENCY_STEP = re.compile(r"(?<=\.)[A-Z]{3}(?=\.|$)")


class Policy(Rules):
    """Every value of the policy, and where each comes from."""

    abc: AbcCuts
    matrix: MatrixCuts
    potential: PotentialRules
    tiers: dict[Currency, TierCuts]
    stars: StarRules
    lifecycle: LifecycleCuts
    receivables: ReceivablesRules
    nps: NpsRules
    customers: CustomerRules
    coverage: CoverageRules
    percentile: PercentileRules
    benchmark: BenchmarkRules
    money: MoneyRules
    profit: ProfitRules
    profile: ProfileRules
    sensitivity: SensitivityRules
    worse: WorseRules
    limits: LimitRules
    stakeholders: StakeholderRules
    relationship: RelationshipRules
    phase: PhaseCuts
    warning: WarningRules
    value: ValueRules
    drill: DrillRules
    backtest: BacktestRules
    qualification: QualificationRules
    stress: StressRules
    whitespace: WhitespaceRules
    principles: PrincipleRules
    price: PriceRules
    coverage_hours: CoverageHours
    levers: LeverRules
    service_cost: ServiceCost
    appraisal: AppraisalWeights
    moves: MoveRules
    privacy: PrivacyRules
    _leaves: dict[str, dict[str, Any]] = PrivateAttr(default_factory=dict)

    def leaf(self, path: str) -> dict[str, Any]:
        """Return one value with its unit, source and kind.

        Parameters
        ----------
        path : str
            Dotted, such as ``abc.a_share``.

        Returns
        -------
        dict
            ``value, unit, source, kind``; a value that the engagement changed has source
            ``policy_overrides`` and kind ``engagement``.

        Raises
        ------
        KamError
            KAM-P03: there is no such path.

        Examples
        --------
        >>> load_policy().leaf("abc.a_share")
        {'value': 0.8, 'unit': 'share', 'source': 'S2a, S4a', 'kind': 'essay'}
        """
        if path not in self._leaves:
            raise _unknown(path, self._leaves)
        return dict(self._leaves[path])

    def leaves(self) -> dict[str, dict[str, Any]]:
        """Return every value by path.

        Examples
        --------
        >>> load_policy().leaves()["tiers.CNY.key"]["value"]
        1000000
        """
        return {path: dict(leaf) for path, leaf in self._leaves.items()}


def load_policy(overrides: Mapping | None = None) -> Policy:
    """Read the policy and put an engagement's own values in place of the defaults.

    Parameters
    ----------
    overrides : mapping, optional
        Nested like the policy, with plain values at the ends. Under a money threshold another
        currency may be added, then complete.

    Returns
    -------
    Policy

    Raises
    ------
    KamError
        KAM-P03: a path does not exist (the message names the nearest), or a value has the wrong type
        or lies outside its range.

    Examples
    --------
    >>> load_policy({"abc": {"a_share": 0.75}}).abc.a_share
    0.75
    """
    leaves = dict(default_leaves())
    for path, value in _ends(overrides or {}, leaves):
        template = leaves.get(path) or leaves[_default_currency(path)]
        unit = template["unit"] if path in leaves else template["unit"].replace("CNY", _CURRENCY_STEP.search(path)[0])
        leaves[path] = {"value": value, "unit": unit, "source": "policy_overrides", "kind": "engagement"}
    try:
        policy = Policy.model_validate(_nested(leaves))
    except ValidationError as error:
        raise _refused(error) from error
    policy._leaves.update(leaves)
    return policy


@cache
def default_leaves() -> dict[str, dict[str, Any]]:
    """Read the leaves of playbook/policy.yaml by path.

    Returns
    -------
    dict of str to dict
        Path to ``value, unit, source, kind``.

    Examples
    --------
    >>> default_leaves()["matrix.top_share"]["kind"]
    'essay'
    """
    text = files("kamlib.playbook").joinpath("policy.yaml").read_text(encoding="utf-8")
    return dict(_leaf_nodes(YAML(typ="safe").load(text)))


def _leaf_nodes(node: Mapping, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for key, child in node.items():
        here = f"{path}.{key}" if path else key
        if "value" in child:
            yield here, child
        else:
            yield from _leaf_nodes(child, here)


def _ends(overrides: Mapping, leaves: Mapping, path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in overrides.items():
        here = f"{path}.{key}" if path else str(key)
        known = _default_currency(here)
        if known in leaves:
            yield here, value
        elif not any(leaf.startswith(f"{known}.") for leaf in leaves):
            raise _unknown(here, leaves)
        elif not isinstance(value, Mapping):
            within = [leaf for leaf in leaves if leaf.startswith(f"{known}.")]
            why = f"is not a group of values, such as {within[0]}"
            raise KamError("KAM-P03", why, f"set {within[0]}", column=f"policy_overrides.{here}", value=str(value))
        else:
            yield from _ends(value, leaves, here)


def _default_currency(path: str) -> str:
    return _CURRENCY_STEP.sub("CNY", path)


def _nested(leaves: Mapping[str, Mapping]) -> dict:
    nested: dict = {}
    for path, leaf in leaves.items():
        *groups, name = path.split(".")
        node = nested
        for group in groups:
            node = node.setdefault(group, {})
        node[name] = leaf["value"]
    return nested


def _unknown(path: str, leaves: Mapping) -> KamError:
    near = get_close_matches(path, leaves, n=1, cutoff=0)
    return KamError("KAM-P03", "there is no such value in the policy", f"write {near[0]}", column=f"policy_overrides.{path}")


def _refused(error: ValidationError) -> KamError:
    first = error.errors()[0]
    path = ".".join(str(step) for step in first["loc"])
    found = None if isinstance(first["input"], Mapping) else str(first["input"])
    return KamError("KAM-P03", first["msg"].removeprefix("Value error, "), column=f"policy_overrides.{path}", value=found)
