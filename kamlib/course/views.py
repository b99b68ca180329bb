"""What a lesson shows beside its texts: the client, its accounts and managers, its classes, the method's tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kamlib.course.client import Client
from kamlib.course.schema import Rule
from kamlib.course.tables import anchors_table, classes_table, grid_table, scores_table, stages_table, table_markup
from kamlib.course.words import say
from kamlib.packs import Pack
from kamlib.packs.backtest import Findings
from kamlib.packs.manager import ManagerPack
from kamlib.packs.portfolio import Portfolio
from kamlib.show import text
from kamlib.show.publish import payload, publish

INTRODUCED = ("revenue_amount", "growth_rate", "margin_rate")


class Views:
    """Tables and packs of a lesson's client.

    Attributes
    ----------
    client : Client
    language : str
    """

    client: Client
    language: str

    @property
    def portfolio(self) -> Portfolio:
        """The client's portfolio for the sections of `kamlib.show.portfolio`."""
        return Portfolio(self.client.portfolio, language=self.language)

    @property
    def backtest(self) -> Findings:
        """The backtest of the client's early warning for the sections of `kamlib.show.backtest`."""
        return Findings(self.client.backtest, language=self.language)

    def pack(self, account_id: str) -> Pack:
        """Return an account's pack for the sections of `kamlib.show`.

        Raises
        ------
        KamError
            ``KAM-R01``, ``KAM-R02``: there is no such account, or it was set aside.
        """
        return Pack(self.client.account_pack(account_id), language=self.language)

    def manager(self, manager_id: str) -> ManagerPack:
        """Return a manager's pack for the sections of `kamlib.show.manager`.

        Raises
        ------
        KamError
            ``KAM-R01``: nobody of this id has an account.
        """
        return ManagerPack(self.client.manager_pack(manager_id), language=self.language)

    def introduce(self, count: int = 5) -> None:
        """Show what was read of the client and what was refused, and its largest accounts.

        Parameters
        ----------
        count : int
            How many accounts.
        """
        read, tables = self.client.tables.quality.tables, self.client.tables
        counts = {"accounts": len(self.client.names), "lines": read["orders"].counts()["rows_used"], "aside": len(tables.quarantined)}
        counts["refused"] = sum(table.counts()["rows_refused"] for table in read.values())
        written = {name: text.decimal(number, 0, language=self.language) for name, number in counts.items()}
        day = text.day(self.client.engagement.as_of, language=self.language)
        sentence = say("introduced", language=self.language, name=self.client.engagement.name, day=day, **written)
        largest = self.client.chosen(Rule(most=(INTRODUCED[0], count)))
        self._publish("client", scores_table(self.client, "account", largest, INTRODUCED, language=self.language), sentence)

    def table(
        self,
        *metrics: str,
        accounts: list[str] | dict | None = None,
        level: str = "account",
        ids: Sequence[str] = (),
        key: str = "",
        running: bool = False,
    ) -> None:
        """Show metrics of accounts or of another level, for readers who find something in them.

        Parameters
        ----------
        *metrics : str
            Metric ids of the level.
        accounts : list of str or dict, optional
            Which: ids, or a rule as in the lesson's file; with ``most`` and ``least`` in that order, else as listed.
        level : str
            account, group, manager or portfolio.
        ids : sequence of str
            Which of another level than account; all if there is none.
        key : str
            Id of the table in the page; by default made of the metrics.
        running : bool
            Whether a last column adds up the first metric as a share of the whole.

        Raises
        ------
        KamError
            ``KAM-R08``: an unknown id or metric.
        """
        chosen = self.client.chosen(Rule.model_validate(accounts)) if accounts is not None else ids or self.client.ids(level)
        made = scores_table(self.client, level, chosen, metrics, language=self.language, running=running)
        self._publish(key or "-".join(("table", *metrics)), made)

    def by_class(self, by: str, metrics: Sequence[str], *, key: str = "") -> None:
        """Show of each class how many accounts it holds and what they come to together.

        Parameters
        ----------
        by : str
            Metric id of the class, such as ``segment``.
        metrics : sequence of str
            Amounts and counts of accounts.
        key : str
            Id of the table in the page.

        Raises
        ------
        KamError
            ``KAM-R08``: an unknown metric, or one that must not be added up.
        """
        self._publish(key or f"by-{by}", classes_table(self.client, by, metrics, language=self.language))

    def anchors(self) -> None:
        """Show the rating card of the four stages: six dimensions, an anchor for each stage."""
        self._publish("anchors", anchors_table(language=self.language))

    def stages(self, *fields: str) -> None:
        """Show what the method says of each of the four stages.

        Parameters
        ----------
        *fields : str
            Of ``focus tasks skills expects signs next``.

        Raises
        ------
        KamError
            ``KAM-R08``: a field is none of these.
        """
        self._publish("-".join(("stages", *fields)), stages_table(fields, language=self.language))

    def grid(self, labels: Sequence[str], rows: Iterable[Sequence[object]], *, key: str) -> None:
        """Show a finished table.

        Parameters
        ----------
        labels : sequence of str
            Head of each column, in the reader's language.
        rows : iterable of sequences
            Texts, figures or numbers.
        key : str
            Id of the table in the page.
        """
        self._publish(key, grid_table(labels, rows, language=self.language))

    def _publish(self, key: str, made: dict[str, list], sentence: str = "") -> None:
        content = payload("section", key, columns=made["columns"], rows=made["rows"])
        publish(content, html=str(table_markup(key, made, sentence=sentence)), plain=sentence or key)
