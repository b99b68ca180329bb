"""What the notebooks' tests share: run sections on a pack and keep what they publish."""

from __future__ import annotations

import pytest

from kamlib.show import publish, theme


@pytest.fixture
def bundles_of(monkeypatch: pytest.MonkeyPatch):
    """Return what runs sections of a module on a pack, by name, and gives what they publish."""
    shown: list[dict] = []
    monkeypatch.setattr(publish, "display", lambda bundle, raw: shown.append(bundle))
    monkeypatch.setattr(theme, "display", lambda bundle, raw: None)

    def run(home, names, pack) -> list[dict]:
        shown.clear()
        theme.use_style()
        for name in names:
            getattr(home, name)(pack)
        return list(shown)

    return run
