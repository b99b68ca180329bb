"""What the tests of the panels share: a room in Chinese, and the page as a reader sees it."""

from __future__ import annotations

from copy import copy

from bs4 import BeautifulSoup


def in_chinese(room):
    """Return the same room, its words in Chinese."""
    found = copy(room)
    found.language = "zh"
    return found


def soup(panel):
    """Return the page of a panel, parsed."""
    return BeautifulSoup(panel.page.value, "html.parser")


def told(panel):
    """Return the words of a panel's page; amounts and dates hold blanks that do not break."""
    return soup(panel).get_text(" ", strip=True).replace("\xa0", " ")
