"""Stories, questions and solutions as markup: what the reader of a printed page sees, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from kamlib.course.exercise import Exercise
from kamlib.course.schema import LETTERS
from kamlib.course.verdicts import answer_text
from kamlib.course.words import say
from kamlib.show import text
from kamlib.show.text.numbers import MINUS

WORD_JOINER = "\u2060"  # keeps a minus with its amount


def paragraphs(words: str) -> Markup:
    """Turn a text into paragraphs, one per line.

    Examples
    --------
    >>> paragraphs("One <b>.\\n\\nTwo.")
    Markup('<p>One &lt;b&gt;.</p><p>Two.</p>')
    """
    joined = words.replace(MINUS, MINUS + WORD_JOINER)
    return Markup("").join(Markup("<p>{}</p>").format(part.strip()) for part in joined.splitlines() if part.strip())


def story(key: str, words: str) -> Markup:
    """Return a told story.

    Parameters
    ----------
    key, words : str
        Id, and the text with its figures written in.

    Returns
    -------
    Markup
    """
    return Markup('<section class="kam kam-story" id="story-{}">{}</section>').format(key, paragraphs(words))


def question(exercise: Exercise) -> Markup:
    """Return the question as it is printed: with its options, and a line to write the answer on.

    Parameters
    ----------
    exercise : Exercise

    Returns
    -------
    Markup
    """
    line = Markup('<p class="kam-line"><span>{}{}</span></p>').format(
        label(exercise), text.say("colon", language=exercise.language).rstrip()
    )
    parts = (heading(exercise), paragraphs(exercise.ask), options(exercise), line)
    return Markup('<section class="kam kam-exercise" id="exercise-{}">{}</section>').format(exercise.key, Markup("").join(parts))


def heading(exercise: Exercise) -> Markup:
    """Return the exercise's heading."""
    return Markup("<h3>{}</h3>").format(say("exercise", language=exercise.language, place=exercise.place))


def options(exercise: Exercise) -> Markup:
    """Return the options as a list with letters; blank where there are none."""
    if not exercise.options:
        return Markup("")
    items = Markup("").join(Markup("<li>{}</li>").format(option) for option in exercise.options.values())
    return Markup('<ol type="A" class="kam-options">{}</ol>').format(items)


def label(exercise: Exercise) -> str:
    """Return what stands before the line for the answer: in which unit, or how many options.

    Parameters
    ----------
    exercise : Exercise

    Returns
    -------
    str
    """
    language = exercise.language
    keys = {"accounts": "account_ids", "order": "sequence", "choice": "choose_several" if exercise.is_several else "choose_one"}
    key = keys.get(exercise.kind, f"in_{exercise.unit}")
    how = say(key, language=language, symbol=text.symbol(exercise.currency, language=language).strip())
    return text.say("name_and_key", language=language, name=say("your_answer", language=language), raw=how)


def solution(exercise: Exercise) -> Markup:
    """Return the worked answer, folded.

    Parameters
    ----------
    exercise : Exercise

    Returns
    -------
    Markup
    """
    language = exercise.language
    is_told = exercise.answer_words in exercise.worked
    right = "" if is_told else say("right_answer", language=language, answer=exercise.answer_words)
    parts = [paragraphs(right), paragraphs(exercise.worked)]
    parts.append(Markup('<p class="kam-note">{}</p>').format(say("source", language=language, source=exercise.source)))
    return _folded(exercise, say("worked", language=language), Markup("").join(parts), "solution")


def misconceptions(exercise: Exercise) -> Markup:
    """Return the table of expected wrong answers and what lies behind each.

    Parameters
    ----------
    exercise : Exercise

    Returns
    -------
    Markup
    """
    head = Markup("<tr><th>{}</th><th>{}</th></tr>").format(*(say(key, language=exercise.language) for key in ("heard", "behind")))
    rows = Markup("").join(Markup("<tr><td>{}</td><td>{}</td></tr>").format(heard, behind) for heard, behind in heard_answers(exercise))
    markup = '<section class="kam kam-mistakes" id="mistakes-{}"><table><thead>{}</thead><tbody>{}</tbody></table></section>'
    return Markup(markup).format(exercise.key, head, rows)


def heard_answers(exercise: Exercise) -> list[tuple[str, str]]:
    """Return each expected wrong answer, written, with the misconception behind it."""
    return [(answer_text(exercise, wrong.answer), wrong.message) for wrong in exercise.wrong]


def plain_question(exercise: Exercise) -> str:
    """Return the question as plain text.

    Parameters
    ----------
    exercise : Exercise

    Returns
    -------
    str
    """
    lettered = (f"{letter}. {option}" for letter, option in zip(LETTERS.upper(), exercise.options.values(), strict=False))
    colon = text.say("colon", language=exercise.language).rstrip()
    name = say("exercise", language=exercise.language, place=exercise.place)
    return "\n".join([f"{name}{colon}", exercise.ask, *lettered, f"{label(exercise)}{colon} ____"])


def _folded(exercise: Exercise, summary: str, content: Iterable[str], kind: str) -> Markup:
    markup = '<section class="kam" id="{}-{}"><details class="kam-worked"><summary>{}</summary>{}</details></section>'
    return Markup(markup).format(kind, exercise.key, summary, content)
