"""What a notebook sees of one account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from kamlib.receipts import Receipt, receipt


@dataclass(frozen=True)
class Score:
    """One number or class of the account, with the figures it is made of."""

    metric: str
    value: float | None
    text: str | None
    unit: str
    coverage: float | None
    note: str | None
    parts: dict[str, float | None]


@dataclass(frozen=True)
class Pack:
    """What a notebook may see of one account, in the reader's language.

    Parameters
    ----------
    data : dict
        The pack as it stands in the file.
    language : str
        ``en`` or ``zh``.
    edition : str
        ``internal``; the customer's edition leaves internal sections out.
    """

    data: dict
    language: str = "en"
    edition: str = "internal"

    @property
    def account_id(self) -> str:
        return self.data["account_id"]

    @property
    def name(self) -> str:
        return self.data["account"]["name"] or self.account_id

    @property
    def as_of(self) -> date:
        return date.fromisoformat(self.data["as_of"])

    @property
    def currency(self) -> str:
        return self.data["currency"]

    @property
    def account(self) -> dict:
        return self.data["account"]

    @cached_property
    def _scores(self) -> dict[str, Score]:
        return {entry["metric"]: Score(**entry) for entry in self.data["scores"]}

    def score(self, metric: str) -> Score:
        """Return one score; an unknown metric is an error."""
        return self._scores[metric]

    def trend(self, metric: str) -> list[tuple[date, float | None]]:
        """Return the metric at eight quarterly dates, oldest first; all blank where it has no trend."""
        points = self.data["trends"].get(metric) or [{"as_of": day, "value": None} for day in self.data["trend_dates"]]
        return [(date.fromisoformat(point["as_of"]), point["value"]) for point in points]

    def receipt(self, metric: str) -> Receipt:
        """Return how the number came about."""
        entry = next(entry for entry in self.data["scores"] if entry["metric"] == metric)
        return receipt(entry, self.data["rows"], self.data["policy"])

    def __getattr__(self, name: str):
        try:
            return self.__dict__["data"][name]
        except KeyError:
            raise AttributeError(name) from None
