"""M22: hours and people: workload, who serves whom, teams, single interface, channel conflicts, incidents."""

from kamlib.coverage.assignment import Assignment, assign_accounts, manager_fit, workable_capacity
from kamlib.coverage.channels import channel_conflicts
from kamlib.coverage.teams import incident_owners, missing_roles, uncoordinated_touches
from kamlib.coverage.workload import account_hours, managers_needed

__all__ = [
    "Assignment",
    "account_hours",
    "assign_accounts",
    "channel_conflicts",
    "incident_owners",
    "manager_fit",
    "managers_needed",
    "missing_roles",
    "uncoordinated_touches",
    "workable_capacity",
]
