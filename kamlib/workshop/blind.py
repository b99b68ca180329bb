"""Several assessors rate the criteria that people judge, each unseen by the others; the room opens the ratings and agrees (M2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import ipywidgets as widgets
import pandas as pd
from markupsafe import Markup

from kamlib.data.history import known_at
from kamlib.data.plan import Plan
from kamlib.data.plans import with_ratings
from kamlib.lifecycle import AGREED
from kamlib.scores.choice import JUDGED_PREFIX, choice
from kamlib.scores.facts import daily_facts
from kamlib.show import reading, text
from kamlib.show.selection import WIDE_GAP
from kamlib.workshop import ratings
from kamlib.workshop.cuts import listed
from kamlib.workshop.panel import choose_account, say, table
from kamlib.workshop.ratings import CRITERIA, LEVELS
from kamlib.workshop.session import Workshop

FEWEST_PEOPLE, MOST_PEOPLE, MOST_ROWS = 2, 20, 25


def blind_controls(workshop: Workshop) -> dict[str, widgets.Widget]:
    """Return the controls: account, how many rate, who rates, the button that opens, and five levels per criterion.

    Parameters
    ----------
    workshop : Workshop

    Returns
    -------
    dict of str to Widget
    """
    people = widgets.BoundedIntText(
        value=FEWEST_PEOPLE, min=FEWEST_PEOPLE, max=MOST_PEOPLE, description=say(workshop, "select.people"), layout={"width": "auto"}
    )
    assessor = widgets.Text(
        description=say(workshop, "select.assessor"), placeholder=say(workshop, "select.name"), layout={"width": "auto"}
    )
    reveal = widgets.Button(description=say(workshop, "select.reveal"), icon="eye", layout={"width": "auto"})
    for control in (people, assessor):
        control.style.description_width = "160px"
    controls = {"account": choose_account(workshop), "people": people, "assessor": assessor, "reveal": reveal}
    levels = [*((str(level), level) for level in LEVELS), (say(workshop, "select.left_open"), None)]
    for name in CRITERIA:
        words = {end: say(workshop, f"select.{name}_{end}") for end in ("low", "high")}
        controls[f"{name}_words"] = widgets.HTML(
            str(Markup("<b>{}</b><br>{}").format(say(workshop, f"select.{name}"), say(workshop, "select.ends", **words)))
        )
        controls[f"{name}_rating"] = widgets.ToggleButtons(options=levels, value=None, style={"button_width": "48px"})
    return controls


@dataclass(frozen=True)
class Blind:
    """Ratings of one day, closed until everybody has rated and somebody opens them.

    Parameters
    ----------
    workshop : Workshop
    controls : dict of str to Widget
        From `blind_controls`.
    names : dict of str to str
        By account.
    values : DataFrame, one row per account
        What `scores.choice.choice` reads.
    before_of : callable
        Returns the choice as it stands.
    opened : set of str
        Accounts that somebody has opened since the panel was made.
    seen : dict
        Revision of the plan whose agreed values the controls show, by account.
    """

    workshop: Workshop
    controls: dict[str, widgets.Widget]
    names: dict[str, str]
    values: pd.DataFrame
    before_of: Callable[[Workshop], pd.DataFrame]
    opened: set[str] = field(default_factory=set)
    seen: dict[str, int] = field(default_factory=dict)

    def show(self, *, is_rating: bool, is_opening: bool) -> None:
        """Show the controls of rating or of opening, or none of them."""
        for name, control in self.controls.items():
            shown = {"assessor": is_rating, "reveal": is_opening}.get(name, is_rating or is_opening)
            control.layout.display = None if shown else "none"

    def load(self, *, is_opening: bool) -> None:
        """Put what the room has agreed on into the controls; while rating they are blank, so that nobody sees what another rated."""
        rated = self._rated()
        people = self.controls["people"]
        people.value = max(people.value, *(len(who) for who in ratings.assessors_of(rated).values()), FEWEST_PEOPLE)
        account, levels = self.controls["account"].value, {}
        if is_opening and account in self._open(rated):
            found = ratings.disagreements(rated[rated["account_id"] == account]).set_index("criterion")
            levels = found["agreed"].fillna(found["level"].where(found["spread"] == 0)).dropna().astype(int).to_dict()
        for name in CRITERIA:
            self.controls[f"{name}_rating"].value = levels.get(name)
        self.controls["assessor"].value = ""
        self.controls["reveal"].disabled = not ratings.may_open(rated, people.value) - self._open(rated)
        self.seen[account] = self._plan(account).revision

    def open(self) -> None:
        """Open the ratings of every account that everybody has rated."""
        self.opened.update(ratings.may_open(self._rated(), self.controls["people"].value))

    def rate(self) -> str:
        """Write what one assessor rates into the account's plan; return it in words that give no rating away."""
        account, name = self.controls["account"].value, self.controls["assessor"].value.strip()
        if not name or name.casefold() == AGREED:
            raise ValueError(say(self.workshop, "select.nameless"))
        levels = self._levels()
        plan = ratings.with_ratings_of(self._plan(account), levels, assessor=name, source=self._source(), day=self.workshop.as_of)
        what = say(self.workshop, "select.rated", account=self.names[account], assessor=name, count=len(levels))
        decided_by, self.workshop.by = self.workshop.by, name
        try:
            self.workshop.save_plan(plan, what)
        finally:
            self.workshop.by = decided_by
        return what

    def agree(self) -> str:
        """Write what the room agrees on over the plan that it looked at; return it in words."""
        account = self.controls["account"].value
        if account not in self._open(self._rated()):
            raise ValueError(self._closed(account, self._rated()))
        source = self._source() + (f": {self.workshop.by}" if self.workshop.by else "")
        plan = self._plan(account).model_copy(update={"revision": self.seen[account]})
        levels = self._levels()
        agreed = ratings.with_ratings_of(plan, levels, assessor=AGREED, source=source, day=self.workshop.as_of)
        what = say(self.workshop, "select.agreed", account=self.names[account], count=len(levels))
        self.workshop.save_plan(agreed, what)
        return what

    def page(self, *, is_opening: bool) -> Iterator[Markup]:
        """Yield who has rated; of what is open also the ratings, the largest disagreement first, and what follows for the account."""
        account, rated = self.controls["account"].value, self._rated()
        is_open = account in self._open(rated)
        lead = self._verdict(account) if is_opening and is_open else self._closed(account, rated)
        yield Markup("<p class='kam-lead'>{}</p>").format(lead)
        yield from self._differences(rated) if is_opening else self._progress(rated)

    def _rated(self) -> pd.DataFrame:
        return ratings.ratings_of(ratings.plans_of(self.workshop.folder, self.names), self.workshop.as_of)

    def _open(self, rated: pd.DataFrame) -> set[str]:
        agreed = set(rated.loc[rated["assessor"] == AGREED, "account_id"])
        return (self.opened & ratings.may_open(rated, self.controls["people"].value)) | agreed

    def _plan(self, account: str) -> Plan:
        found = ratings.plans_of(self.workshop.folder, [account])
        return found.get(account) or Plan.model_validate({"schema": 1, "account_id": account})

    def _levels(self) -> dict[str, int]:
        levels = {name: self.controls[f"{name}_rating"].value for name in CRITERIA}
        if not any(levels.values()):
            raise ValueError(say(self.workshop, "select.unrated"))
        return {name: level for name, level in levels.items() if level is not None}

    def _source(self) -> str:
        return say(self.workshop, "select.source")

    def _closed(self, account: str, rated: pd.DataFrame) -> str:
        who, people = ratings.assessors_of(rated).get(account, []), self.controls["people"].value
        places = {"account": self.names[account], "count": len(who), "people": people, "names": listed(self.workshop, who, most=people)}
        key = "opened" if account in self._open(rated) else "nobody" if not who else "waiting" if len(who) < people else "ready"
        return say(self.workshop, f"select.{key}", **places)

    def _progress(self, rated: pd.DataFrame) -> Iterator[Markup]:
        open_, people = self._open(rated), self.controls["people"].value
        rows = [
            [
                self.names[account],
                say(self.workshop, "select.so_many", count=len(who), people=people),
                listed(self.workshop, who, most=people),
            ]
            + [say(self.workshop, "select.is_open" if account in open_ else "select.is_closed")]
            for account, who in ratings.assessors_of(rated).items()
        ]
        if rows:
            yield table([say(self.workshop, f"select.{key}") for key in ("who", "have_rated", "by_whom", "state")], rows)
        yield Markup("<p class='kam-note'>{}</p>").format(say(self.workshop, "select.blind_note"))

    def _differences(self, rated: pd.DataFrame) -> Iterator[Markup]:
        open_ = self._open(rated)
        shown = rated[rated["account_id"].isin(open_)]
        found = ratings.disagreements(shown)
        if len(found):
            wide = int((found["spread"] >= WIDE_GAP).sum())
            key = "apart" if wide else "close"
            yield Markup("<p>{}</p>").format(say(self.workshop, f"select.{key}", wide=wide, count=len(found), points=WIDE_GAP))
            heads = [say(self.workshop, f"select.{key}") for key in ("who", "criterion", "spread", "ratings", "agreed_on")]
            yield table(heads, [self._difference(row, shown) for row in found.head(MOST_ROWS).itertuples()], numbers={2, 4})
        closed = [self.names[account] for account in ratings.assessors_of(rated) if account not in open_]
        if closed:
            yield Markup("<p class='kam-note'>{}</p>").format(
                say(self.workshop, "select.still_closed", names=listed(self.workshop, closed))
            )

    def _difference(self, row, shown: pd.DataFrame) -> list:
        mine = shown[(shown["account_id"] == row.account_id) & (shown["item"] == f"{JUDGED_PREFIX}{row.criterion}")]
        blind = mine[mine["assessor"] != AGREED].sort_values(["level", "assessor"])
        said = [
            say(self.workshop, "select.of", name=name, value=f"{level:g}")
            for name, level in zip(blind["assessor"], blind["level"], strict=True)
        ]
        spread = Markup("<b class='kam-worse'>{}</b>").format(f"{row.spread:g}") if row.spread >= WIDE_GAP else f"{row.spread:g}"
        agreed = f"{row.agreed:g}" if text.is_measured(row.agreed) else say(self.workshop, "bar.dash")
        name = say(self.workshop, f"select.{row.criterion}")
        return [self.names[row.account_id], name, spread, listed(self.workshop, said, most=MOST_PEOPLE), agreed]

    def _verdict(self, account: str) -> str:
        """Say what the values in the controls make of the account, beside what it is as saved."""
        found = choice(self._judged(account), self.values, self.workshop.engagement.policy, self.workshop.as_of).loc[account]
        now = self.before_of(self.workshop).loc[account]
        places = {}
        for key, row in (("now", now), ("then", found)):
            score = row["qualification_score"]
            places[key] = reading.class_words(row["qualification_verdict"], "qualification_verdict", language=self.workshop.language)
            places[f"{key}_score"] = text.number(score, "score", language=self.workshop.language)
        return say(self.workshop, "select.verdict_agreed", account=self.names[account], **places)

    def _judged(self, account: str) -> dict[str, pd.DataFrame]:
        """Return the tables as they will be once the values in the controls are agreed on."""
        tables, day = self.workshop.tables, self.workshop.as_of
        levels = {name: self.controls[f"{name}_rating"].value for name in CRITERIA}
        blank = Plan.model_validate({"schema": 1, "account_id": account})
        plan = ratings.with_ratings_of(blank, levels, assessor=AGREED, source=self._source(), day=day)
        there = tables.get("assessments")
        if there is not None:
            mine = (there["account_id"].astype("str") == account) & (there["assessor"] == AGREED)
            mine &= there["item"].str.startswith(JUDGED_PREFIX) & (there["assessed_on"] == pd.Timestamp(day))
            tables = replace(tables, frames=tables.frames | {"assessments": there[~mine]})
        return daily_facts(known_at(with_ratings(tables, {account: plan}), day), day)
