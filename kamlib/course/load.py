"""Reading a lesson's file: refused with line and reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from kamlib.checks import InvalidInput, KamError
from kamlib.course.schema import LessonFile
from kamlib.data.yaml_file import YamlFile, load_yaml

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Written:
    """A lesson's file: what it says, and at which line.

    Parameters
    ----------
    content : LessonFile
    file : YamlFile
    """

    content: LessonFile
    file: YamlFile

    def problem(self, path: tuple, why: str, fix: str, *, value: str | None = None) -> KamError:
        """Return what is wrong with a part of the file, at its line."""
        line, _ = self.file.place(path)
        return KamError("KAM-P07", why, fix, file=self.file.name, line=line, column=".".join(map(str, path)), value=value)


def lesson_numbers() -> list[int]:
    """List the lessons that have a file.

    Examples
    --------
    >>> 1 in lesson_numbers()
    True
    """
    return sorted(int(path.stem.removeprefix("lesson_")) for path in FOLDER.glob("lesson_*.yaml"))


def load_lesson(number: int) -> Written:
    """Read the file of a lesson.

    Parameters
    ----------
    number : int
        From `lesson_numbers`.

    Returns
    -------
    Written

    Raises
    ------
    KamError
        ``KAM-R08``: there is no such lesson.
    InvalidInput
        As `read_lesson`.

    Examples
    --------
    >>> 3 <= len(load_lesson(1).content.exercises) <= 5
    True
    """
    if number not in lesson_numbers():
        listed = ", ".join(map(str, lesson_numbers()))
        raise KamError("KAM-R08", "is no lesson of the course", f"take one of {listed}", value=str(number))
    return read_lesson(FOLDER / f"lesson_{number}.yaml")


def read_lesson(path: Path) -> Written:
    """Read and type a lesson's file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Written

    Raises
    ------
    InvalidInput
        ``KAM-P01``: no plain YAML. ``KAM-P03``, with the line: an unknown key, one missing, a value of the wrong kind.
    """
    file = load_yaml(path)
    try:
        return Written(LessonFile.model_validate(file.data), file)
    except ValidationError as error:
        found: dict[tuple, KamError] = {}
        for item in error.errors(include_url=False):
            problem = _problem(file, item)
            found.setdefault((problem.line, problem.column, problem.why), problem)
        raise InvalidInput(sorted(found.values(), key=lambda problem: problem.line)) from None


def _problem(file: YamlFile, item: Mapping[str, Any]) -> KamError:
    path = _path(file.data, item["loc"])
    line, _ = file.place(path)
    place = {"file": file.name, "line": line, "column": ".".join(map(str, path)) or None}
    if item["type"] == "missing":
        return KamError("KAM-P03", f"{item['loc'][-1]} is missing", f"add {item['loc'][-1]}:", **place)
    if item["type"] == "extra_forbidden":
        allowed = _allowed(path[:-1])
        near = get_close_matches(str(path[-1]), allowed, n=1)
        fix = f"did you mean {near[0]}?" if near else f"take one of {', '.join(allowed)}"
        return KamError("KAM-P03", "is an unknown key", fix, value=str(path[-1]), **place)
    value = None if isinstance(item["input"], dict | list | BaseModel) else str(item["input"])
    why = item["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return KamError("KAM-P03", why, "correct it", value=value, **place)


def _path(data: Any, loc: tuple) -> tuple:
    """Keep of pydantic's place what stands in the file: it also names what a part is typed as."""
    kept: tuple = ()
    for step in loc:
        if isinstance(data, dict) and step in data or isinstance(data, list) and isinstance(step, int) and step < len(data):
            kept, data = (*kept, step), data[step]
    return kept


def _allowed(path: tuple) -> list[str]:
    """Return the keys that may stand at a place of the file."""
    model: Any = LessonFile
    for step in path:
        if isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[step].annotation if step in model.model_fields else None
        else:
            model = (get_args(model) or (None,))[-1]
        options = [kind for kind in get_args(model) if isinstance(kind, type) and issubclass(kind, BaseModel)]
        model = options[0] if options and type(None) in get_args(model) else model
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []
