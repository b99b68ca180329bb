"""A practice copy of the sample client, opened for a workshop; it is read and scored once and handed out by copy."""

from __future__ import annotations

from copy import copy

import pytest

from kamlib.data.engagement import load_engagement
from kamlib.data.overrides import fingerprint
from kamlib.workshop import open_workshop, practice_copy


@pytest.fixture(scope="session")
def scored(tmp_path_factory):
    """A workshop whose tables and scores are there; nobody writes to it."""
    room = open_workshop(str(practice_copy(tmp_path_factory.mktemp("scored"))), language="en", by="Li Na")
    assert len(room.scores.values["account"]) == 60
    return room


@pytest.fixture
def engagement(tmp_path):
    """The engagement file of a copy that a test may write to."""
    return practice_copy(tmp_path)


@pytest.fixture
def room(engagement, scored):
    """A workshop on the copy; until something is saved its numbers are those of `scored`."""
    room = copy(scored)
    room.path, room.engagement, room._read_as = engagement, load_engagement(engagement), fingerprint(engagement)
    return room
