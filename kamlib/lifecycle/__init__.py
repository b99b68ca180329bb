"""M11: how long an account has been with us, what its stage asks for and by when, and whether it got it."""

from kamlib.lifecycle.cadence import cadence_compliance, cadence_plan, cadence_slots, due_slots
from kamlib.lifecycle.lines import CadenceLine, active_lines, cadence_lines
from kamlib.lifecycle.service import service_levels
from kamlib.lifecycle.tenure import LIFECYCLE_STAGES, lifecycle_stage, stage_entries, tenure_months

__all__ = [
    "LIFECYCLE_STAGES",
    "CadenceLine",
    "active_lines",
    "cadence_compliance",
    "cadence_lines",
    "cadence_plan",
    "cadence_slots",
    "due_slots",
    "lifecycle_stage",
    "service_levels",
    "stage_entries",
    "tenure_months",
]
