"""Colours, the shipped font and the page's style sheet."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib import font_manager
from matplotlib.colors import to_rgb
from matplotlib.ft2font import FT2Font
from PIL import Image

from kamlib.show import publish

FAMILY = "KAM Sans SC"
FONTS = ("KAMSansSC-Regular.ttf", "KAMSansSC-Bold.ttf")
INK, SOFT, FAINT, ACCENT, ALERT = "#1c2833", "#5d6b78", "#c9d1d8", "#0072b2", "#b34700"
# Okabe and Ito's palette: told apart by colour-blind readers too
SEGMENT_COLOURS = {"core": "#0072b2", "grow": "#009e73", "maintain": "#8a949e", "optimise": "#e69f00"}
SHADE = 8  # of 255: the step between two shades in a figure, finer than an eye tells at an edge
STYLE = {
    "font.family": FAMILY,
    "font.size": 9,
    "font.enable_last_resort": False,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.dpi": 150,
    "savefig.dpi": 150,
    "text.usetex": False,
    "text.hinting": "no_hinting",
}


def use_style() -> None:
    """Start a workbook: the shipped font for figures, the style sheet for the page, an empty record of what is published."""
    register_fonts()
    matplotlib.rcParams.update(STYLE)
    publish.forget()
    display({"text/html": f"<style>{style_sheet()}</style>", "text/plain": ""}, raw=True)


@cache
def register_fonts() -> frozenset[int]:
    """Make the shipped fonts known to matplotlib and return the code points they draw.

    Examples
    --------
    >>> ord("万") in register_fonts(), ord("¥") in register_fonts()
    (True, True)
    """
    folder = files(__package__).joinpath("fonts")
    for name in FONTS:
        font_manager.fontManager.addfont(str(folder.joinpath(name)))
    return frozenset(FT2Font(str(folder.joinpath(FONTS[0]))).get_charmap())


@cache
def palette() -> Image.Image:
    """Return an image that holds white, every colour of the theme and the steps between, as smooth edges need them.

    Examples
    --------
    >>> palette().getpalette()[:6], len(palette().getpalette()) <= 3 * 256
    ([255, 255, 255, 239, 240, 240], True)
    """
    white, shades = np.full(3, 255.0), [np.full((1, 3), 255.0)]
    for colour in dict.fromkeys((INK, SOFT, FAINT, ACCENT, ALERT, *SEGMENT_COLOURS.values())):
        far = white - 255 * np.array(to_rgb(colour))
        shades.append(white - np.outer(np.linspace(0, 1, round(far.max() / SHADE) + 1)[2:], far))
    image = Image.new("P", (1, 1))
    image.putpalette(np.vstack(shades).round().astype(np.uint8).tobytes())
    return image


@cache
def style_sheet() -> str:
    """Return the style sheet of the published sections.

    Examples
    --------
    >>> "@import" in style_sheet() or "url(" in style_sheet()
    False
    """
    return files(__package__).joinpath("theme.css").read_text(encoding="utf-8")
