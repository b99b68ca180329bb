"""The sample client, read and scored once; every lesson that has a file, in both languages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from kamlib.course.client import open_client
from kamlib.course.lesson import Lesson
from kamlib.course.load import load_lesson

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def client():
    return open_client(str(ROOT / "params/sample.yaml"))


@pytest.fixture(scope="session")
def opened(client):
    """Return what opens a lesson on the session's client; it has its exercises resolved once per language."""

    @cache
    def open_one(number: int, language: str, edition: str = "facilitator") -> Lesson:
        return Lesson(number, language, edition, load_lesson(number), client)

    return open_one
