"""Does an exercise judge as it says: right answers pass, each listed wrong one fails with its own words."""

from __future__ import annotations

from itertools import combinations

from kamlib.course.exercise import Answer, Exercise
from kamlib.course.verdicts import answer_text, judge


def check_exercise(exercise: Exercise) -> None:
    """Make sure that the right answer passes, as a value and as written, and every listed wrong one fails with its own words.

    Parameters
    ----------
    exercise : Exercise

    Raises
    ------
    AssertionError
        An answer is judged otherwise, or two answers cannot be told apart.
    """
    name = f"exercise {exercise.key}"
    for form in (control_value(exercise, exercise.answer), answer_text(exercise, exercise.answer)):
        verdict = judge(exercise, form)
        assert verdict.right, f"{name}: the right answer {form} is judged: {verdict.message}"
    for wrong in exercise.wrong:
        verdict = judge(exercise, control_value(exercise, wrong.answer))
        told_apart = f"{name}: the wrong answer {answer_text(exercise, wrong.answer)}"
        assert verdict.right is False, f"{told_apart} is not called wrong: {verdict.message}"
        assert verdict.message == wrong.message, f"{told_apart} is answered with another's words: {verdict.message}"
    is_listed_so = exercise.kind == "order" and tuple(exercise.options) == exercise.answer
    assert not is_listed_so, f"{name}: the options must not be listed in the right order, which is how the reader sees them first"
    answers = [exercise.answer, *(wrong.answer for wrong in exercise.wrong)]
    for one, two in combinations(answers, 2):
        assert not alike(exercise, one, two), f"{name}: {answer_text(exercise, one)} and {answer_text(exercise, two)} cannot be told apart"


def alike(exercise: Exercise, one: Answer, two: Answer) -> bool:
    """Tell whether two answers lie within the tolerance of each other.

    Parameters
    ----------
    exercise : Exercise
    one, two : float, frozenset of str or tuple of str

    Returns
    -------
    bool
    """
    return abs(one - two) <= exercise.tolerance if exercise.kind == "number" else one == two


def control_value(exercise: Exercise, answer: Answer) -> float | list[str]:
    """Return an answer as a control hands it over."""
    if exercise.kind == "number":
        return answer
    return list(answer) if exercise.kind == "order" else sorted(answer)
