"""A case of the course: made-up data, scored and audited like a client's, with and without each planted problem."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from kamlib.data.engagement import load_engagement
from kamlib.data.read import read
from kamlib.data.sample.company_a import PLANTED, write_company_a
from kamlib.packs.pack import Pack
from kamlib.packs.portfolio_levers import levers_audit
from kamlib.packs.prices import PriceFacts
from kamlib.scores import score
from kamlib.scores.facts import PORTFOLIO


class Case(Pack):
    """What the notebook on a case may see."""

    @property
    def account_id(self) -> str:
        return "company_a"

    @property
    def name(self) -> str:
        return self.data["engagement"]


def open_case(*, language: str = "en", edition: str = "internal") -> Case:
    """Write Company A, audit it, and audit it again with each problem left out.

    Parameters
    ----------
    language : str
        ``en`` or ``zh``.
    edition : str
        ``internal``.

    Returns
    -------
    Case
        ``levers`` (as `levers_audit`), ``planted`` and ``without``: per problem left out the findings that remain.
    """
    with TemporaryDirectory() as folder:
        data = audited(Path(folder) / "all")
        remain = {problem: audited(Path(folder) / problem, without=(problem,))["levers"]["findings"] for problem in PLANTED}
    return Case(data | {"without": remain, "planted": list(PLANTED)}, language=language, edition=edition)


def audited(folder: Path, *, without: tuple[str, ...] = ()) -> dict:
    """Write the case into a folder, read it, score it, and return the audit of its levers.

    Parameters
    ----------
    folder : Path
    without : tuple of str
        Problems left out.

    Returns
    -------
    dict
    """
    engagement = load_engagement(write_company_a(folder, without=without))
    tables = read(engagement)
    scores = score(tables, engagement)
    walk = PriceFacts(tables, scores, engagement.currency).of_all()["walk"]
    head = {"as_of": engagement.as_of.isoformat(), "currency": engagement.currency, "engagement": engagement.name, "synthetic": True}
    counts = {"accounts_count": len(tables["accounts"]), "revenue_amount": float(scores.values[PORTFOLIO]["revenue_amount"].iloc[0])}
    rows = {name: table.counts()["rows_used"] for name, table in tables.quality.tables.items()}
    beside = {"scores": [], "trend_dates": [], "trends": {}, "benchmarks": {}, "policy": engagement.policy.leaves(), "rows": rows}
    return head | counts | beside | {"levers": levers_audit(tables, scores, engagement, walk)}
