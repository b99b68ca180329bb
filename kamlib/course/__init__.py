"""The course: lessons told from the sample client's own numbers, and exercises that check themselves."""

from __future__ import annotations

import importlib

_HOMES = {
    "Client": "client",
    "Exercise": "exercise",
    "Lesson": "lesson",
    "Verdict": "verdicts",
    "build_lessons": "build",
    "judge": "verdicts",
    "lesson_numbers": "load",
    "open_client": "client",
    "open_lesson": "lesson",
    "readings": "numbers",
    "score_diagnosis": "diagnosis",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: a lesson needs nothing of the build, the build nothing of the capstone."""
    if name not in _HOMES:
        raise AttributeError(f"module 'kamlib.course' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(importlib.import_module(f"kamlib.course.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
