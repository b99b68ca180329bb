"""M9, M10: who decides at the customer, whom of them we know, and how far what we know is confirmed."""

from kamlib.stakeholders.chain import ROLES, decision_chain, met_contacts
from kamlib.stakeholders.confidence import confidence, fact_state, filled_fields, independent_sources, source_types
from kamlib.stakeholders.effort import effort_on_deciders, effort_on_new
from kamlib.stakeholders.pseudonyms import pseudonyms
from kamlib.stakeholders.style import suggested_style

__all__ = [
    "ROLES",
    "confidence",
    "decision_chain",
    "effort_on_deciders",
    "effort_on_new",
    "fact_state",
    "filled_fields",
    "independent_sources",
    "met_contacts",
    "pseudonyms",
    "source_types",
    "suggested_style",
]
