"""A lesson as a notebook uses it: it tells stories, asks, solves, and checks itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from IPython.display import display

from kamlib.checks import KamError
from kamlib.course import printed
from kamlib.course.checking import check_exercise
from kamlib.course.client import Client, open_client
from kamlib.course.exercise import Exercise, fill, located, resolve
from kamlib.course.figures import figures
from kamlib.course.load import Written, load_lesson
from kamlib.course.views import Views
from kamlib.show import theme
from kamlib.show.publish import MIME, column, payload, publish

EDITIONS = ("participant", "solutions", "facilitator")
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Lesson(Views):
    """One lesson of the course.

    Parameters
    ----------
    number : int
    language, edition : str
        ``en`` or ``zh``; ``participant``, ``solutions`` or ``facilitator``.
    written : Written
        The lesson's file.
    client : Client
        Whose figures it is told with.
    """

    number: int
    language: str
    edition: str
    written: Written
    client: Client

    @property
    def account_id(self) -> str:
        """What the completion mark names."""
        return f"lesson_{self.number}"

    @property
    def engagement(self) -> str:
        """The client's engagement file, for `kamlib.open_pack` and its like."""
        return str(self.client.engagement.path)

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """The exercises with the client's figures in them, in the order in which they are asked."""
        return {key: resolve(key, self.written, self.client, language=self.language) for key in self.written.content.exercises}

    def use_style(self) -> None:
        """Start the notebook: font and style sheet of the workbooks, and the course's own."""
        theme.use_style()
        display({"text/html": f"<style>{style_sheet()}</style>", "text/plain": ""}, raw=True)

    def tell(self, key: str) -> None:
        """Show a story with the client's figures in it.

        Raises
        ------
        KamError
            ``KAM-R08``: the lesson has no such story. ``KAM-P07``: a figure of it is not there.
        """
        stories = self.written.content.stories
        _require(key, stories, f"story of lesson {self.number}")
        known = located(self.written, ("stories", key), lambda: figures(stories[key].values, self.client, language=self.language))
        words = fill(self.written, ("stories", key), stories[key], known, self.language)
        rows = [[name, f"{figure}"] for name, figure in known.items()]
        content = payload("section", f"story-{key}", columns=[column("name", "name"), column("value", "value")], rows=rows)
        publish(content, html=str(printed.story(key, words)), plain=words)

    def ask(self, key: str) -> None:
        """Ask: a control where the notebook is live, the printed question with a line to write on elsewhere.

        Raises
        ------
        KamError
            ``KAM-R08``: the lesson has no such exercise.
        """
        from kamlib.course.controls import ExerciseControl

        exercise = self._exercise(key)
        # One bundle for both readers: a live notebook prefers the control, a page takes the markup.
        control = ExerciseControl(exercise)._repr_mimebundle_()
        content = payload("section", f"exercise-{key}", columns=[column("ask", "ask")], rows=[[exercise.ask]])
        shown = {MIME: content, "text/html": str(printed.question(exercise)), "text/plain": printed.plain_question(exercise)}
        display({**control, **shown}, raw=True)

    def worked(self, key: str) -> None:
        """Show the worked answer, folded; nothing in the participant's edition.

        Raises
        ------
        KamError
            ``KAM-R08``: the lesson has no such exercise.
        """
        exercise = self._exercise(key)
        if self.edition != "participant":
            content = payload("section", f"solution-{key}", columns=[column("worked", "worked")], rows=[[exercise.worked]])
            publish(content, html=str(printed.solution(exercise)), plain=exercise.worked)

    def misconceptions(self, key: str) -> None:
        """Show the expected wrong answers and what lies behind each; only in the facilitator's edition.

        Raises
        ------
        KamError
            ``KAM-R08``: the lesson has no such exercise.
        """
        exercise = self._exercise(key)
        if self.edition == "facilitator":
            heard = printed.heard_answers(exercise)
            content = payload("section", f"mistakes-{key}", columns=[column("heard", "heard"), column("behind", "behind")], rows=heard)
            publish(content, html=str(printed.misconceptions(exercise)), plain="\n".join(" – ".join(pair) for pair in heard))

    def check(self) -> None:
        """Make sure that every story can be told, and that every right answer passes and every listed wrong one fails as said.

        Raises
        ------
        AssertionError
            An answer is judged otherwise.
        KamError
            ``KAM-P07``: a figure is not there or not measured.
        """
        for key, story in self.written.content.stories.items():
            known = located(self.written, ("stories", key), lambda story=story: figures(story.values, self.client, language=self.language))
            fill(self.written, ("stories", key), story, known, self.language)
        for exercise in self.exercises.values():
            check_exercise(exercise)

    def _exercise(self, key: str) -> Exercise:
        _require(key, self.written.content.exercises, f"exercise of lesson {self.number}")
        return self.exercises[key]


def open_lesson(number: int, *, engagement: str = "params/sample.yaml", language: str = "en", edition: str = "participant") -> Lesson:
    """Open a lesson with a client's figures.

    Parameters
    ----------
    number : int
        From 1.
    engagement : str
        The client's engagement file, looked for from the working directory upwards, then beside the package.
    language : str
        ``en`` or ``zh``.
    edition : str
        ``participant``; ``solutions``, which shows the worked answers; ``facilitator``, which also shows the misconceptions.

    Returns
    -------
    Lesson

    Raises
    ------
    KamError
        ``KAM-R08``: there is no such lesson, language or edition.
    InvalidInput
        The lesson's file or the client's cannot be used.
    """
    _require(language, LANGUAGES, "language of the course")
    _require(edition, EDITIONS, "edition of the course")
    return Lesson(number, language, edition, load_lesson(number), open_client(engagement))


def style_sheet() -> str:
    """Return the style sheet of the course's own parts.

    Examples
    --------
    >>> ".kam-line" in style_sheet() and "url(" not in style_sheet()
    True
    """
    return files("kamlib.course").joinpath("lesson.css").read_text(encoding="utf-8")


def _require(key: str, known, what: str) -> None:
    if key not in known:
        raise KamError("KAM-R08", f"is no {what}", f"take one of {', '.join(known)}", value=str(key))
