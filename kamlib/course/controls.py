"""The controls of an exercise in a live notebook: where the answer goes, Check, Hint, and what is said to the answer."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets
from markupsafe import Markup

from kamlib.course import printed
from kamlib.course.exercise import Exercise
from kamlib.course.schema import LETTERS
from kamlib.course.verdicts import Verdict, judge
from kamlib.course.words import say

WIDE = "min(46rem, 100%)"
INSET = {"padding": "0 1.5rem 1rem"}  # as the sections of the page
ROWS = 8
MOOD = {True: "right", False: "wrong", None: "unread"}


class ExerciseControl(widgets.VBox):
    """One exercise to be answered: the question, a field, the buttons, the verdict.

    Parameters
    ----------
    exercise : Exercise

    Attributes
    ----------
    field : Widget
        Takes the answer.
    check, hint : Button
    said : HTML
        The verdict or the hint.
    verdict : Verdict or None
        The last judgement.
    """

    def __init__(self, exercise: Exercise) -> None:
        self.exercise, self.verdict = exercise, None
        parts = (printed.heading(exercise), printed.paragraphs(exercise.ask))
        shown = Markup('<section class="kam kam-exercise">{}</section>').format(Markup("").join(parts))
        self.field, self.answer = _FIELDS["several" if exercise.is_several else exercise.kind](exercise)
        self.check = _button(exercise, "check", self._judge, style="primary")
        self.hint = _button(exercise, "show_hint", self._give_hint)
        self.said = widgets.HTML()
        super().__init__([widgets.HTML(str(shown)), self.field, widgets.HBox([self.check, self.hint]), self.said], layout=INSET)

    def _judge(self, _: object) -> None:
        self.verdict = judge(self.exercise, self.answer())
        self.said.value = str(verdict_markup(self.verdict))

    def _give_hint(self, _: object) -> None:
        words = say("hint", language=self.exercise.language, hint=self.exercise.hint)
        self.said.value = str(Markup('<div class="kam kam-said" role="status">{}</div>').format(words))


def verdict_markup(verdict: Verdict) -> Markup:
    """Return a verdict as markup.

    Examples
    --------
    >>> verdict_markup(Verdict(False, "A < B"))
    Markup('<div class="kam kam-said kam-wrong" role="status">A &lt; B</div>')
    """
    return Markup('<div class="kam kam-said kam-{}" role="status">{}</div>').format(MOOD[verdict.right], verdict.message)


def _button(exercise: Exercise, key: str, act: Callable, *, style: str = "") -> widgets.Button:
    button = widgets.Button(description=say(key, language=exercise.language), button_style=style)
    button.on_click(act)
    return button


def _text(exercise: Exercise) -> tuple[widgets.Widget, Callable]:
    field = widgets.Text(placeholder=printed.label(exercise), layout={"width": WIDE})
    return field, lambda: field.value


def _one(exercise: Exercise) -> tuple[widgets.Widget, Callable]:
    field = widgets.RadioButtons(options=_lettered(exercise), value=None, layout={"width": WIDE})
    return field, lambda: field.value


def _several(exercise: Exercise) -> tuple[widgets.Widget, Callable]:
    boxes = {key: widgets.Checkbox(description=words, indent=False, layout={"width": WIDE}) for words, key in _lettered(exercise)}
    return widgets.VBox(list(boxes.values())), lambda: [key for key, box in boxes.items() if box.value]


def _accounts(exercise: Exercise) -> tuple[widgets.Widget, Callable]:
    """Take ids as text; a list beside it writes into the text what is picked there."""
    written = widgets.Text(placeholder=printed.label(exercise), layout={"width": WIDE})
    named = [(f"{key} {name}", key) for key, name in exercise.accounts.items()]
    picked = widgets.SelectMultiple(options=named, rows=ROWS, layout={"width": WIDE})
    picked.observe(lambda change: setattr(written, "value", ", ".join(change["new"])), names="value")
    tip = widgets.HTML(str(Markup('<div class="kam kam-note">{}</div>').format(say("pick", language=exercise.language))))
    return widgets.VBox([written, tip, picked]), lambda: written.value


def _order(exercise: Exercise) -> tuple[widgets.Widget, Callable]:
    """Offer the options in a list whose chosen entry goes up or down."""
    listed = widgets.Select(options=_lettered(exercise), rows=len(exercise.options), layout={"width": WIDE})

    def move(step: int) -> None:
        entries, place = list(listed.options), listed.index
        if place is not None and 0 <= place + step < len(entries):
            entries[place], entries[place + step] = entries[place + step], entries[place]
            listed.options = tuple(entries)
            listed.index = place + step

    buttons = [_button(exercise, key, lambda _, step=step: move(step)) for key, step in (("up", -1), ("down", 1))]
    return widgets.VBox([listed, widgets.HBox(buttons)]), lambda: [key for _, key in listed.options]


def _lettered(exercise: Exercise) -> list[tuple[str, str]]:
    return [(f"{letter}. {words}", key) for letter, (key, words) in zip(LETTERS.upper(), exercise.options.items(), strict=False)]


_FIELDS = {"number": _text, "choice": _one, "several": _several, "accounts": _accounts, "order": _order}
