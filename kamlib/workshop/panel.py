"""What every notebook of a workshop looks like: controls, a page that follows them, and a bar to save and take back."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files

import ipywidgets as widgets
from markupsafe import Markup
from ruamel.yaml import YAML

from kamlib.checks import InvalidInput, KamError
from kamlib.show import text, theme
from kamlib.workshop.journal import Entry
from kamlib.workshop.session import Workshop

CONTROLS_WIDTH = "440px"
STYLE = """
.kam-workshop .widget-radio, .kam-workshop .widget-radio-box { width: auto; height: auto; }
.kam-workshop .widget-radio-box label { height: auto; line-height: 1.35; white-space: normal; margin: 0 0 .35rem; display: flex; }
.kam-workshop .widget-radio-box input { order: -1; flex: 0 0 auto; margin: .2rem .5rem 0 0; position: static; }
.kam-workshop .kam { max-width: none; margin: 0; padding: 0; }
.kam-workshop .widget-html-content { min-width: 0; overflow-x: auto; }
.kam-workshop .kam h2 { border: 0; margin: 0; padding: 0; }
.kam-workshop .kam td.kam-right { white-space: nowrap; }
.kam-workshop .kam-refused { color: #b34700; font-weight: 700; }
"""
WRITTEN_SINCE = "KAM-P06"
DOUBLE_CLICK_SECONDS = 1.0


@cache
def words() -> dict:
    """Return the words of the workshop, every entry with ``en`` and ``zh``."""
    return YAML(typ="safe").load(files("kamlib.workshop").joinpath("words.yaml").read_text(encoding="utf-8"))


def say(workshop: Workshop, key: str, **places: object) -> str:
    """Return a text of the workshop in the language of the room.

    Parameters
    ----------
    workshop : Workshop
    key : str
        Group and entry of words.yaml, as ``stage.title``.
    **places
        What is filled in; plain text.

    Returns
    -------
    str
    """
    group, _, name = key.partition(".")
    return text.fill(words()[group][name][workshop.language], **{place: str(value) for place, value in places.items()})


class Panel(widgets.VBox):
    """Controls beside a page that follows them, and a bar to save and take back.

    Parameters
    ----------
    workshop : Workshop
    topic : str
        Group of words.yaml that holds ``title`` and ``question``.
    controls : mapping of str to Widget
        By name, in the order in which they stand.
    draw : callable
        Returns the page, markup whose foreign texts are escaped, from what the controls say.
    save : callable, optional
        Writes the decision and returns it in words; without one nothing is decided here.
    load : callable, optional
        Puts the saved values into the controls; called at the start and after a decision was taken back.
    undo : callable, optional
        Takes the latest save of this panel back and returns it; that of the workshop unless given.
    """

    def __init__(
        self,
        workshop: Workshop,
        topic: str,
        controls: Mapping[str, widgets.Widget],
        draw: Callable[[], str],
        *,
        save: Callable[[], str] | None = None,
        load: Callable[[], None] | None = None,
        undo: Callable[[], Entry | None] | None = None,
    ) -> None:
        self.workshop, self.topic, self.controls = workshop, topic, dict(controls)
        self._draw, self._save, self._load, self._undo, self._quiet = draw, save, load, undo or workshop.undo, False
        self.page, self.status = widgets.HTML(), widgets.HTML(layout={"flex": "1 1 0", "min_width": "0", "margin": "0 0 0 8px"})
        self.page.add_class("kam-page")
        self.who = widgets.Text(value=workshop.by, placeholder=say(workshop, "bar.who"), layout={"width": "180px", "flex": "0 0 auto"})
        self._saved_at = -math.inf
        self.save_button = _button(say(workshop, "bar.save"), "check", self._save_once, button_style="primary")
        self.undo_button = _button(say(workshop, "bar.undo"), "undo", self.undo)
        self.reload_button = _button("", "refresh", self.read_again, tooltip=say(workshop, "bar.reload"))
        bar = [self.who, self.save_button, self.undo_button, self.reload_button] if save else []
        left = widgets.VBox([*self.controls.values()], layout={"width": CONTROLS_WIDTH, "flex": "0 0 auto", "overflow": "visible"})
        right = widgets.VBox([self.page], layout={"flex": "1 1 0", "min_width": "0", "margin": "0 0 0 24px"})
        body = widgets.HBox([left, right], layout={"align_items": "flex-start"})
        super().__init__([self._head(), widgets.HBox([*bar, self.status], layout={"align_items": "center"}), body])
        self.add_class("kam-workshop")
        self.who.observe(lambda change: setattr(workshop, "by", change["new"].strip()), "value")
        for control in self.controls.values():
            if control.has_trait("value") and not isinstance(control, widgets.HTML):
                control.observe(lambda _: self.refresh(), "value")
        self.load()

    def _head(self) -> widgets.HTML:
        title, question = (say(self.workshop, f"{self.topic}.{key}") for key in ("title", "question"))
        markup = Markup('<style>{}</style><div class="kam" lang="{}"><h2>{}</h2><p>{}</p></div>')
        return widgets.HTML(str(markup.format(Markup(theme.style_sheet() + STYLE), self.workshop.language, title, question)))

    def refresh(self) -> None:
        """Draw the page anew from what the controls say; while values are loaded it waits."""
        if not self._quiet:
            with self._refusals():
                self.page.value = str(self._draw())

    def load(self) -> None:
        """Put what is saved into the controls and draw the page."""
        with self.quiet():
            if self._load:
                self._load()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Hold the page still while several controls are set, then draw it once."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before
        self.refresh()

    def save(self) -> None:
        """Write the decision; what is wrong with it is said beside the buttons."""
        with self._refusals():
            self._say("bar.saving")
            done = self._save()
            self.load()
            self._say("bar.saved", what=done, by=self.workshop.by or say(self.workshop, "bar.nobody"))

    def _save_once(self) -> None:
        """Save, and take a second click that was on its way meanwhile for none."""
        if time.monotonic() - self._saved_at < DOUBLE_CLICK_SECONDS:
            return
        self.save_button.disabled = True
        try:
            self.save()
        finally:
            self.save_button.disabled = False
            self._saved_at = time.monotonic()

    def undo(self) -> None:
        """Take the latest decision of whoever decides here back."""
        with self._refusals("bar.changed_since"):
            entry = self._undo()
            self.load()
            who = self.workshop.by or say(self.workshop, "bar.nobody")
            self._say("bar.undone", what=entry.what) if entry else self._say("bar.nothing", by=who)

    def read_again(self) -> None:
        """Read what lies on the disk: what somebody else has written is shown, what was not saved here is gone."""
        with self._refusals():
            self.workshop.reload()
            self.load()
            self._say("bar.reloaded")

    def _say(self, key: str, **places: str) -> None:
        self.status.value = str(Markup("<span class='kam-said'>{}</span>").format(say(self.workshop, key, **places)))

    @contextmanager
    def _refusals(self, when_written: str = "bar.written_since") -> Iterator[None]:
        """Say what was refused beside the buttons, where the room looks, not in a traceback."""
        self.status.value = ""
        try:
            yield
        except ValueError as error:
            self.status.value = str(Markup("<span class='kam-refused'>{}</span>").format(self._why(error, when_written)))

    def _why(self, error: ValueError, when_written: str) -> str:
        if isinstance(error, KamError) and error.code == WRITTEN_SINCE:
            return say(self.workshop, when_written, file=error.file)
        return say(self.workshop, "bar.refused", why=error) if isinstance(error, KamError | InvalidInput) else str(error)


def _button(words: str, icon: str, act: Callable[[], None], **look: str) -> widgets.Button:
    button = widgets.Button(description=words, icon=icon, layout={"width": "auto" if words else "40px", "flex": "0 0 auto"}, **look)
    button.on_click(lambda _: act())
    return button


def label(words: str) -> widgets.HTML:
    """Return a line of text among the controls.

    Parameters
    ----------
    words : str
        Plain text.

    Returns
    -------
    HTML
    """
    return widgets.HTML(str(Markup("<b>{}</b>").format(words)))


def table(heads: list[str], rows: list[list], *, numbers: set[int] = frozenset(), style: str = "kam-table") -> Markup:
    """Return a table of the page; texts are escaped.

    Parameters
    ----------
    heads : list of str
    rows : list of lists
        Text, or Markup that is escaped already.
    numbers : set of int
        Columns that are set flush right.
    style : str
        Classes of the table; ``kam-dense`` for one with many rows.

    Returns
    -------
    Markup

    Examples
    --------
    >>> table(["a"], [["<b>"]])
    Markup('<table class="kam-table"><thead><tr><th>a</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>')
    """

    def row(cells: list, tag: str) -> Markup:
        marks = [' class="kam-right"' if place in numbers else "" for place in range(len(cells))]
        filled = [Markup("<{0}{1}>{2}</{0}>").format(Markup(tag), Markup(mark), cell) for mark, cell in zip(marks, cells, strict=True)]
        return Markup("<tr>{}</tr>").format(Markup("").join(filled))

    body = Markup("").join(row(cells, "td") for cells in rows)
    return Markup('<table class="{}"><thead>{}</thead><tbody>{}</tbody></table>').format(style, row(heads, "th"), body)


def page(workshop: Workshop, parts: Iterable[Markup]) -> Markup:
    """Put the parts of a page together in the house's style.

    Parameters
    ----------
    workshop : Workshop
    parts : iterable of Markup

    Returns
    -------
    Markup
    """
    return Markup('<div class="kam" lang="{}">{}</div>').format(workshop.language, Markup("").join(parts))


def choose_account(workshop: Workshop, account_id: str = "") -> widgets.Dropdown:
    """Return a list of the accounts, the largest first.

    Parameters
    ----------
    workshop : Workshop
    account_id : str
        Chosen at the start; blank for the largest.

    Returns
    -------
    Dropdown
    """
    options = [(f"{name} ({account})", account) for account, name in workshop.accounts.items()]
    start = account_id or options[0][1]
    return widgets.Dropdown(options=options, value=start, description=say(workshop, "bar.account"), layout={"width": "auto"})
