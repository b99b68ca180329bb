"""M4-M7: where an account stands between value and potential, its spend tier and its stars, and how they fit together."""

from kamlib.segments.conflicts import class_conflicts, class_table
from kamlib.segments.matrix import potential_class, segment, value_class, value_potential_matrix
from kamlib.segments.potential import potential_score
from kamlib.segments.tiers import stars, tier
from kamlib.segments.whitespace import whitespace

__all__ = [
    "class_conflicts",
    "class_table",
    "potential_class",
    "potential_score",
    "segment",
    "stars",
    "tier",
    "value_class",
    "value_potential_matrix",
    "whitespace",
]
