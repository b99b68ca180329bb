"""Settings of every test: laws are tried with the same examples each time, and nothing opens a window."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

os.environ.setdefault("MPLBACKEND", "Agg")
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # so it is in the background of a shell, and in every process started from there
    signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("kamlib", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("kamlib")


@pytest.fixture(scope="session")
def sample_engagement():
    """The sample's engagement file."""
    from kamlib.data.engagement import load_engagement

    return load_engagement(ROOT / "params/sample.yaml")


@pytest.fixture(scope="session")
def sample_tables(sample_engagement):
    """The sample's tables, read once."""
    from kamlib.data.read import read

    return read(sample_engagement)
