"""M9: who decides at the customer, whom of them we know, and on how few people the account hangs."""

from kamlib.stakeholders.chain import ROLES, decision_chain, met_contacts
from kamlib.stakeholders.effort import effort_on_deciders
from kamlib.stakeholders.style import suggested_style

__all__ = ["ROLES", "decision_chain", "effort_on_deciders", "met_contacts", "suggested_style"]
