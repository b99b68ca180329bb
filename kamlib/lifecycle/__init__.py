"""M11-M13: how long an account has been with us and how deep the relationship is, what follows, and whether it was done."""

from kamlib.lifecycle.balance import care_after_signing, complaint_line_told
from kamlib.lifecycle.cadence import cadence_compliance, cadence_plan, cadence_slots, due_slots
from kamlib.lifecycle.enablement import enablement
from kamlib.lifecycle.evidence import suggested_ratings, uncoupling_signs
from kamlib.lifecycle.lines import CadenceLine, active_lines, cadence_lines
from kamlib.lifecycle.phase import EMBEDDING_ITEM, PHASES, embedding_level, phase, reciprocity
from kamlib.lifecycle.relationship import (
    AGREED,
    DIMENSIONS,
    ITEM_PREFIX,
    RELATIONSHIP_STAGES,
    item_levels,
    relationship_stage,
    stage_gap,
    stage_lag,
)
from kamlib.lifecycle.service import first_contact_ownership, service_levels
from kamlib.lifecycle.tenure import LIFECYCLE_STAGES, lifecycle_stage, stage_entries, tenure_months

__all__ = [
    "AGREED",
    "DIMENSIONS",
    "EMBEDDING_ITEM",
    "ITEM_PREFIX",
    "LIFECYCLE_STAGES",
    "PHASES",
    "RELATIONSHIP_STAGES",
    "CadenceLine",
    "active_lines",
    "cadence_compliance",
    "cadence_lines",
    "cadence_plan",
    "cadence_slots",
    "care_after_signing",
    "complaint_line_told",
    "due_slots",
    "embedding_level",
    "enablement",
    "first_contact_ownership",
    "item_levels",
    "lifecycle_stage",
    "phase",
    "reciprocity",
    "relationship_stage",
    "service_levels",
    "stage_entries",
    "stage_gap",
    "stage_lag",
    "suggested_ratings",
    "tenure_months",
    "uncoupling_signs",
]
