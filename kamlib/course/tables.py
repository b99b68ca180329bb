"""Tables for readers who find something in them: accounts, managers, classes, and the method's own tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
from markupsafe import Markup

from kamlib.checks import KamError
from kamlib.course.client import Client
from kamlib.course.figures import Figure
from kamlib.course.words import say
from kamlib.playbook import playbook
from kamlib.show import reading, text
from kamlib.show.publish import column

RIGHT = ("amount", "share", "rate", "ratio", "days", "months", "count", "score", "index")
SHORT = 12  # rows that a page keeps together
STAGE_FIELDS = ("focus", "tasks", "skills", "expects", "signs", "next")
_BOOKS = {"segment": "segments", "tier": "tiers", "lifecycle_stage": "lifecycle"}


def scores_table(
    client: Client, level: str, ids: Sequence[str], metrics: Sequence[str], *, language: str, running: bool = False
) -> dict[str, list]:
    """Return metrics of accounts, groups or managers, written and as data.

    Parameters
    ----------
    client : Client
    level : str
        account, group, manager or portfolio.
    ids : sequence of str
        In the order of the rows.
    metrics : sequence of str
        Metric ids of the level.
    language : str
        ``en`` or ``zh``.
    running : bool
        Whether a last column adds up the first metric, as a share of its sum over all that are above 0.

    Returns
    -------
    dict
        ``columns`` as `kamlib.show.publish.column`, ``rows`` of plain values, ``written`` rows of texts.

    Raises
    ------
    KamError
        ``KAM-R08``: an id is no metric of the level, or nobody of the level.
    """
    frame = client.frame(level, metrics, ids)
    units = [playbook("metrics")[metric]["unit"] for metric in metrics]
    columns = [column("id", say("id", language=language)), column("name", say(level, language=language))]
    columns += [column(metric, text.metric_name(metric, language=language), unit) for metric, unit in zip(metrics, units, strict=True)]
    rows = [[key, client.name_of(level, key), *frame.loc[key]] for key in ids]
    written = [
        [*row[:2], *(cell(value, metric, client, language=language) for value, metric in zip(row[2:], metrics, strict=True))]
        for row in rows
    ]
    if running:
        name = text.inside(text.metric_name(metrics[0], language=language))
        columns.append(column("running_share", say("running_share", language=language, name=name), "share"))
        sizes = client.scores.values[level][metrics[0]].clip(lower=0)
        for row, cells, share in zip(rows, written, sizes[list(ids)].cumsum() / sizes.sum(), strict=True):
            row.append(float(share))
            cells.append(text.number(share, "share", language=language))
    return {"columns": columns, "rows": [[None if pd.isna(value) else value for value in row] for row in rows], "written": written}


def classes_table(client: Client, by: str, metrics: Sequence[str], *, language: str) -> dict[str, list]:
    """Return how many accounts each class holds and what they come to together, with the sum of all below.

    Parameters
    ----------
    client : Client
    by : str
        Metric id of a class, such as ``segment``.
    metrics : sequence of str
        Metric ids of accounts that may be added up: amounts and counts.
    language : str
        ``en`` or ``zh``.

    Returns
    -------
    dict
        As `scores_table`.

    Raises
    ------
    KamError
        ``KAM-R08``: an id is no metric of accounts, or one that must not be added up.
    """
    rates = [metric for metric in metrics if playbook("metrics").get(metric, {}).get("unit") not in ("amount", "count", None)]
    if rates:
        raise KamError("KAM-R08", "must not be added up over accounts", "take amounts or counts", value=rates[0])
    frame = client.frame("account", [by, *metrics], list(client.names))
    grouped = frame.dropna(subset=[by]).groupby(by)
    sums = grouped[list(metrics)].sum().assign(accounts=grouped.size().astype(float))[["accounts", *metrics]]
    columns = [column(by, text.metric_name(by, language=language)), column("accounts", say("accounts", language=language), "count")]
    columns += [column(metric, text.metric_name(metric, language=language), playbook("metrics")[metric]["unit"]) for metric in metrics]
    keys = [key for key in class_order(by, sums.index) if key in sums.index]
    named = [(reading.class_words(key, by, language=language), sums.loc[key]) for key in keys]
    rows = [[name, *(float(value) for value in values)] for name, values in [*named, (say("all", language=language), sums.sum())]]
    written = [[row[0], *(_number(value, entry["unit"], client, language) for value, entry in zip(row[1:], columns[1:], strict=True))]
               for row in rows]  # fmt: skip
    return {"columns": columns, "rows": rows, "written": written}


def class_order(metric: str, found: Iterable[str]) -> list[str]:
    """Return the keys of a class in the order of the method.

    Examples
    --------
    >>> class_order("segment", ["grow", "core"]), class_order("risk_level", ["red", "green", "amber"]), class_order("abc_class", "BAC")
    (['core', 'grow'], ['red', 'amber', 'green'], ['A', 'B', 'C'])
    """
    prefix = f"{reading.TOLD_APART[metric]}_" if metric in reading.TOLD_APART else ""
    known = list(playbook(_BOOKS[metric])) if metric in _BOOKS else list(text.words()["classes"])
    place = {key: number for number, key in enumerate(known)}
    return sorted(found, key=lambda key: (place.get(f"{prefix}{key}", len(place)), key))


def grid_table(labels: Sequence[str], rows: Iterable[Sequence[object]], *, language: str) -> dict[str, list]:
    """Return a finished table: cells are texts, figures, or plain numbers.

    Examples
    --------
    >>> grid_table(["Plan", "Steps"], [["commission", 6]], language="en")["written"]
    [['commission', '6']]
    """
    rows = [list(row) for row in rows]
    is_number = [all(isinstance(row[place], int | float | Figure) for row in rows) for place in range(len(labels))]
    columns = [column(f"column_{place}", label, "ratio" if right else "text") for place, (label, right) in
               enumerate(zip(labels, is_number, strict=True), 1)]  # fmt: skip
    written = [[_plain(value, language) for value in row] for row in rows]
    return {"columns": columns, "rows": written, "written": written}


def anchors_table(*, language: str) -> dict[str, list]:
    """Return the rating card: the six dimensions of the relationship with the anchor of each stage.

    References
    ----------
    [S0], [L]; M12.

    Examples
    --------
    >>> len(anchors_table(language="en")["rows"]), len(anchors_table(language="en")["columns"])
    (6, 5)
    """
    book = playbook("relationship")
    labels = [say("dimension", language=language), *(stage["name"][language] for stage in book["stages"])]
    keys = [stage["id"] for stage in book["stages"]]
    rows = [[entry["name"][language], *(entry["anchors"][key][language] for key in keys)] for entry in book["dimensions"]]
    return grid_table(labels, rows, language=language)


def stages_table(fields: Sequence[str], *, language: str) -> dict[str, list]:
    """Return what the method says of each stage of the relationship.

    Parameters
    ----------
    fields : sequence of str
        Of ``focus tasks skills expects signs next``.
    language : str
        ``en`` or ``zh``.

    Raises
    ------
    KamError
        ``KAM-R08``: a field is none of these.

    References
    ----------
    [S0]; M12.

    Examples
    --------
    >>> stages_table(["skills"], language="zh")["written"][0][:2]
    ['技能', '产品技术知识与谈判技巧。']
    """
    unknown = [field for field in fields if field not in STAGE_FIELDS]
    if unknown or not fields:
        raise KamError("KAM-R08", "is nothing said of a stage", f"take of {', '.join(STAGE_FIELDS)}", value=unknown[0] if unknown else "")
    stages = playbook("relationship")["stages"]
    rows = [[say(f"stage_{field}", language=language), *(stage[field][language] for stage in stages)] for field in fields]
    return grid_table(["", *(stage["name"][language] for stage in stages)], rows, language=language)


def table_markup(key: str, table: dict[str, list], *, sentence: str = "") -> Markup:
    """Return a table as markup, with a sentence above it if there is one.

    Examples
    --------
    >>> table_markup("x", {"columns": [column("name", "<Name>")], "written": [["A & B"]]}).count("&lt;Name&gt;")
    1
    """
    sides = ["kam-right" if entry["unit"] in RIGHT else "" for entry in table["columns"]]
    head = _row("th", sides, [entry["label"] for entry in table["columns"]])
    rows = Markup("").join(_row("td", sides, cells) for cells in table["written"])
    told = Markup("<p>{}</p>").format(sentence) if sentence else Markup("")
    size = " kam-short" if len(table["written"]) <= SHORT else ""
    markup = '<section class="kam kam-accounts{}" id="{}">{}<table class="kam-dense"><thead>{}</thead><tbody>{}</tbody></table></section>'
    return Markup(markup).format(size, key, told, head, rows)


def cell(value: float | str, metric: str, client: Client, *, language: str) -> str:
    """Write a metric's value in a table: words for a class, yes or no for a flag, a dash where there is nothing."""
    unit = playbook("metrics")[metric]["unit"]
    if pd.isna(value):
        return say("open", language=language) if unit == "flag" else text.say("nothing", language=language)
    if unit == "flag":
        return say("flag_yes" if value else "flag_no", language=language)
    return f"{Figure(value, unit, language, client.engagement.currency, metric if isinstance(value, str) else '')}"


def _number(value: float, unit: str, client: Client, language: str) -> str:
    return text.number(value, unit, language=language, currency=client.engagement.currency)


def _plain(value: object, language: str) -> str:
    return f"{Figure(float(value), 'plain', language, '')}" if isinstance(value, int | float) else f"{value}"


def _row(tag: str, sides: Sequence[str], cells: Sequence[str]) -> Markup:
    form = Markup(f'<{tag} class="{{}}">{{}}</{tag}>')
    return Markup("<tr>{}</tr>").format(Markup("").join(form.format(side, cell) for side, cell in zip(sides, cells, strict=True)))
