"""What the template process holds ready: libraries, the playbook, words, fonts, styles and the exporter."""

from __future__ import annotations

import matplotlib.pyplot
import nbformat
import nbformat.v4 as v4
import papermill  # noqa: F401

import kamlib.render.engine  # noqa: F401
import kamlib.render.job  # noqa: F401
from kamlib import show
from kamlib.packs import open_pack  # noqa: F401
from kamlib.packs.backtest import open_backtest  # noqa: F401
from kamlib.packs.manager import open_manager  # noqa: F401
from kamlib.packs.portfolio import open_portfolio  # noqa: F401
from kamlib.packs.value_report import open_value_report  # noqa: F401
from kamlib.playbook import names, playbook
from kamlib.render import calendar  # noqa: F401
from kamlib.render.html import export_html
from kamlib.show import figures, html, portfolio, text, theme

LANGUAGES = ("en", "zh")


def gather() -> None:
    """Fill every cache that does not depend on an account."""
    for name in names():
        playbook(name)
    theme.register_fonts()
    matplotlib.rcParams.update(theme.STYLE)
    show.versions()
    html.compile_templates()
    for door in (show, portfolio):
        for name in dir(door):
            getattr(door, name)
    for panels in ((0.5,), (0.5, 0.5)):
        _draw(panels)
    example = v4.new_notebook(cells=[v4.new_code_cell("1", execution_count=1, outputs=[v4.new_output("stream", text="1")])])
    nbformat.validate(example)
    nbformat.writes(example)
    for language in LANGUAGES:
        export_html(example, title="", language=language)
        text.number(1.0, "amount", language=language)


def _draw(heights_inches: tuple[float, ...]) -> None:
    """Draw a figure once: figures of the same panels are used again, and fonts stay open."""
    figure, axes = figures.panels(*heights_inches)
    for ax in axes:
        figures.write_heading(ax, figures.drawable("1 万"))
    figures.png(figure)
