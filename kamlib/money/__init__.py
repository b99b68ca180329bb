"""Money made exact: rounding, allocation, sums and comparisons. No other module rounds money."""

from kamlib.money.rounding import allocate, round_money, smallest_unit
from kamlib.money.sums import exact, exact_sums, exact_units, plain_index, require_groups, unit_scale

__all__ = ["allocate", "exact", "exact_sums", "exact_units", "plain_index", "require_groups", "round_money", "smallest_unit", "unit_scale"]
