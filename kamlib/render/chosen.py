"""Whom a notebook is rendered for, and what puts its packs together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from kamlib.checks import KamError
from kamlib.data.engagement import Engagement
from kamlib.data.tables import Tables
from kamlib.packs import PackBuilder, require_account
from kamlib.packs.backtest import NAME as BACKTEST
from kamlib.packs.backtest import backtest_pack
from kamlib.packs.customer import customer_pack
from kamlib.packs.manager import ManagerBuilder, require_manager
from kamlib.packs.portfolio import portfolio_pack
from kamlib.packs.value_report import ValueReportBuilder
from kamlib.render.batch import Batch
from kamlib.scores import Scores
from kamlib.scores.facts import PORTFOLIO

VALUE_REPORT = "value_report"
Build = Callable[[str], dict]


def whom(
    batch: Batch, engagement: Engagement, tables: Tables, scores: Scores, *, accounts: list[str], where: Mapping[str, str]
) -> tuple[list[str], dict[str, str], Build]:
    """Return whom to render, who was asked for and cannot be with the reason, and what builds a pack.

    Parameters
    ----------
    batch : Batch
    engagement : Engagement
    tables : Tables
    scores : Scores
    accounts : list of str
        Ids asked for; none for everybody.
    where : mapping of str to str
        Column or metric and the value that it must have.

    Returns
    -------
    tuple of list, dict and callable

    Raises
    ------
    KamError
        An unknown id or column, or a choice that the notebook does not offer.
    """
    if batch.subject == "account_id":
        if batch.notebook == VALUE_REPORT or batch.edition == "customer":
            _require_formats(batch.template, batch.formats)
        report = ValueReportBuilder(engagement, tables, scores)
        internal = PackBuilder(engagement, tables, scores)
        for_customer = batch.edition == "customer"
        build = report.build if batch.notebook == VALUE_REPORT else partial(_edition, internal, report) if for_customer else internal.build
        return (*_chosen(internal.account_ids(), tables, scores, accounts, where), build)
    if batch.subject == "manager_id":
        managers = ManagerBuilder(engagement, tables, scores)
        return (*_managers(managers.manager_ids(), batch.template, accounts, where, batch.formats), managers.build)
    build = partial(_whole_pack, batch.notebook, engagement, tables, scores)
    return (*_all_as_one(batch.template, accounts, where, batch.formats), build)


def _edition(internal: PackBuilder, report: ValueReportBuilder, account_id: str) -> dict:
    return customer_pack(internal.build(account_id), report.build(account_id))


def _require_formats(template: Path, formats: tuple[str, ...]) -> None:
    """Refuse a calendar of anything but an account, an Excel workbook of anything but an account or the portfolio."""
    for name, what in (("ics", "calendar"), ("xlsx", "Excel workbook")):
        if name in formats and (name, template.stem) != ("xlsx", "portfolio_review"):
            raise KamError("KAM-R06", f"has no {what}", f"leave {name} out of --to", value=template.stem)


def _whole_pack(notebook: str, engagement: Engagement, tables: Tables, scores: Scores, _: str) -> dict:
    """Put together what a notebook on all accounts shows."""
    return backtest_pack(engagement, tables) if notebook == BACKTEST else portfolio_pack(engagement, tables, scores)


def _all_as_one(
    template: Path, accounts: list[str], where: Mapping[str, str], formats: tuple[str, ...]
) -> tuple[list[str], dict[str, str]]:
    """Return the one name under which a notebook on all accounts is kept."""
    if accounts or where:
        raise KamError("KAM-R06", "shows all accounts at once", "leave out --accounts and --where", value=template.stem)
    _require_formats(template, formats)
    return [PORTFOLIO], {}


def _managers(
    known: list[str], template: Path, wanted: list[str], where: Mapping[str, str], formats: tuple[str, ...]
) -> tuple[list[str], dict[str, str]]:
    """Return the managers to render: those named as the accounts of this notebook, or all."""
    if where:
        raise KamError("KAM-R06", "is a manager's", "leave out --where; --accounts takes ids of managers", value=template.stem)
    _require_formats(template, formats)
    for manager_id in wanted:
        require_manager(manager_id, known)
    return list(dict.fromkeys(wanted)) or known, {}


def _chosen(
    known: list[str], tables: Tables, scores: Scores, accounts: list[str], where: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Return whom to render, and who was asked for and cannot be, with the reason."""
    set_aside = {account_id: _reason(problems) for account_id, problems in tables.quarantined.items()}
    if accounts:
        for account_id in accounts:
            if account_id not in set_aside:
                require_account(account_id, known, {})
        set_aside = {account_id: reason for account_id, reason in set_aside.items() if account_id in accounts}
        known = [account_id for account_id in dict.fromkeys(accounts) if account_id not in set_aside]
    if not where:
        return known, set_aside
    frame, values = tables["accounts"].set_index("account_id"), scores.values["account"]
    frame = frame.join(values[values.columns.difference(frame.columns)])
    for column, value in where.items():
        if column not in frame:
            fix = "use a column of the accounts table or a metric such as segment, tier, lifecycle_stage"
            raise KamError("KAM-P03", "is neither a column of the accounts table nor a metric", fix, value=column)
        frame = frame[frame[column].astype(str) == value]
    met = set(frame.index)
    return [account_id for account_id in known if account_id in met], {}


def _reason(problems: list[KamError]) -> str:
    more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
    return f"{problems[0]}{more}"
