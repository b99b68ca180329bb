"""M23, M24: the six levers of the mix, and whether the company is ready for them."""

from kamlib.levers.evidence import lever_evidence
from kamlib.levers.readiness import company_readiness, effort_shares, findings, lever_checks, lever_readiness

__all__ = ["company_readiness", "effort_shares", "findings", "lever_checks", "lever_evidence", "lever_readiness"]
