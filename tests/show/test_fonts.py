"""The shipped fonts are what they say: two weights, one family, every common Chinese character, free to pass on."""

from __future__ import annotations

from importlib.resources import files

import pytest
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font

from kamlib.playbook import names, playbook
from kamlib.show import text, theme

FOLDER = files("kamlib.show") / "fonts"


@pytest.mark.parametrize(("file", "style"), [("KAMSansSC-Regular.ttf", "Regular"), ("KAMSansSC-Bold.ttf", "Bold")])
def test_family_and_style_are_our_own(file, style):
    font = FT2Font(str(FOLDER / file))
    assert (font.family_name, font.style_name) == (theme.FAMILY, style)


@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_matplotlib_finds_the_shipped_file(weight):
    theme.register_fonts()
    assert "KAMSansSC" in findfont(FontProperties(family=theme.FAMILY, weight=weight), fallback_to_default=False)


def test_every_text_of_words_and_playbook_can_be_drawn():
    shipped = theme.register_fonts()
    used = set("".join(leaf for node in [text.words(), *map(playbook, names())] for leaf in _leaves(node)))
    assert "客" in used
    assert sorted(char for char in used if ord(char) not in shipped) == []


def test_the_licence_is_beside_the_fonts():
    assert "SIL Open Font License, Version 1.1" in (FOLDER / "OFL.txt").read_text(encoding="utf-8")


def _leaves(node) -> list[str]:
    """Return every text that stands under a language."""
    if isinstance(node, dict):
        return [
            leaf for key, child in node.items() for leaf in ([child] if key in ("en", "zh") and isinstance(child, str) else _leaves(child))
        ]
    if isinstance(node, list):
        return [leaf for child in node for leaf in _leaves(child)]
    return []
