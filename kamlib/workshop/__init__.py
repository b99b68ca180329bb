"""The workshop: what a room decides, shown while it decides and saved where the batch reads it; thin over the library's functions."""

from kamlib.workshop.pay import pay  # each function hides the module of its own name, whoever is imported first
from kamlib.workshop.plan import plan
from kamlib.workshop.practice import practice_copy
from kamlib.workshop.price import price
from kamlib.workshop.risk import risk
from kamlib.workshop.segment import segment
from kamlib.workshop.select import select
from kamlib.workshop.session import Workshop, open_workshop
from kamlib.workshop.stage import stage

TOPICS = ("select", "segment", "stage", "plan", "pay", "risk", "price")
__all__ = ["TOPICS", "Workshop", "open_workshop", "pay", "plan", "practice_copy", "price", "risk", "segment", "select", "stage"]
