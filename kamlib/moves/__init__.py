"""M25, M26: the next moves of an account, each with its cause, and what its plan leaves open."""

from kamlib.moves.critic import Critique, critique
from kamlib.moves.propose import AccountFacts, Decision, Move, decided, next_moves, proposals

__all__ = ["AccountFacts", "Critique", "Decision", "Move", "critique", "decided", "next_moves", "proposals"]
