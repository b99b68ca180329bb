"""The terms of one pay plan as sliders: threshold, tiers, cap and bonus of a commission; split and curve of a salary or of shares."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import ipywidgets as widgets
from pydantic import ValidationError

from kamlib.incentives.plan import OWN, Plan
from kamlib.workshop.panel import label, say
from kamlib.workshop.session import Workshop
from kamlib.workshop.sliders import WIDTHS, amount_slider, meant, points_slider, put, share_slider

MOST_TIERS = 6
CURVE = ("start_score", "start_payout", "target_score", "target_payout", "top_score", "top_payout")
HEADROOM = 1.5  # a rate can be tried at so many times what it is


class PayTerms(widgets.VBox):
    """Sliders that show the terms of a plan and say what was made of them.

    Parameters
    ----------
    workshop : Workshop
    highest : float
        Up to where sliders of money go.
    tiers : int
        The most that any plan has; there is room for some more.
    """

    def __init__(self, workshop: Workshop, highest: float, *, tiers: int = 0) -> None:
        self.most_tiers = max(MOST_TIERS, tiers)
        self.workshop, words = workshop, lambda key, **places: say(workshop, f"pay.{key}", **places)
        step = 10 ** (len(str(int(max(highest, 100)))) - 3)
        money = partial(amount_slider, high=step * -(-highest // step), step=step)
        methods = [(words(name), name) for name in ("marginal", "whole")]
        self.fields: dict[str, widgets.Widget] = {
            "method": widgets.Dropdown(options=methods, description=words("method"), **WIDTHS),
            "threshold": share_slider(words("threshold"), 0.0, 1.2, 0.01),
            "tiers": points_slider(words("tiers"), 1, self.most_tiers),
        }
        for tier in range(1, self.most_tiers + 1):
            self.fields[f"start_{tier}"] = share_slider(words("start", tier=tier), 0.0, 2.0, 0.01)
            self.fields[f"rate_{tier}"] = share_slider(words("rate", tier=tier), 0.0, 0.06, 0.0005)
        self.fields |= {"bonus_start": share_slider(words("bonus_start"), 0.0, 2.0, 0.01), "bonus_amount": money(words("bonus_amount"))}
        self.fields |= {"cap": money(words("cap")), "fixed_share": share_slider(words("fixed_share"), 0.05, 1.0, 0.01)}
        self.fields["salary_multiple"] = share_slider(words("salary_multiple"), 0.01, 1.0, 0.01)
        for name in CURVE:
            whole = name.endswith("_score")
            self.fields[name] = points_slider(words(name), 0, 120) if whole else share_slider(words(name), 0.0, 3.0, 0.05)
        super().__init__([label(words("terms")), *self.fields.values()])

    def put(self, plan: Plan) -> None:
        """Show the terms of a plan, and hide what it does not have.

        Parameters
        ----------
        plan : Plan
        """
        (self._put_commission if plan.kind == "commission" else self._put_curve)(plan)
        seen = self._seen(plan)
        for name, field in self.fields.items():
            field.layout.display = None if name in seen else "none"

    def take(self, plan: Plan) -> Plan:
        """Return a plan with the terms that the sliders say; what they do not show stays.

        Parameters
        ----------
        plan : Plan

        Returns
        -------
        Plan

        Raises
        ------
        ValueError
            The terms do not hold together, said in the language of the room.
        """
        count = self.fields["tiers"].value
        for tier in range(1, self.most_tiers + 1):
            for part in ("start", "rate"):
                self.fields[f"{part}_{tier}"].layout.display = None if f"{part}_{tier}" in self._seen(plan) and tier <= count else "none"
        self._require(plan)
        found = self._commission(plan) if plan.kind == "commission" else self._curved(plan)
        try:
            return type(plan).model_validate(plan.model_dump() | found)
        except ValidationError as error:
            raise ValueError(say(self.workshop, "pay.refused", why=error.errors()[0]["msg"])) from error

    def _seen(self, plan: Plan) -> set[str]:
        if plan.kind != "commission":
            return {*CURVE, "fixed_share" if plan.kind == "salary" else "salary_multiple"}
        count = self.fields["tiers"].value
        tiers = {f"{part}_{tier}" for tier in range(1, count + 1) for part in ("start", "rate")} - {"start_1"}
        return {"method", "threshold", "tiers", "cap", "bonus_start", "bonus_amount"} | tiers

    def _put_commission(self, plan: Plan) -> None:
        fields = self.fields
        fields["method"].value = plan.method
        put(fields["tiers"], len(plan.tiers))
        put(fields["threshold"], float(plan.threshold))
        put(fields["cap"], float(plan.cap_amount or 0))
        for tier in range(1, self.most_tiers + 1):
            terms = plan.tiers[min(tier, len(plan.tiers)) - 1]  # a tier that is added begins where and pays what the last one does
            ahead = Decimal("0.1") * max(0, tier - len(plan.tiers))
            put(fields[f"start_{tier}"], float(terms.start + ahead))
            self._put_own(fields[f"rate_{tier}"], terms.rate)
        put(fields["bonus_start"], float(plan.bonus.start if plan.bonus else 1))
        self._put_own(fields["bonus_amount"], plan.bonus.amount if plan.bonus else Decimal(0))

    def _put_own(self, field: widgets.FloatSlider, value: Decimal | str) -> None:
        """Show a rate or amount; one that is each person's own stands still."""
        field.disabled = value == OWN
        known = 0.0 if value == OWN else float(value)
        field.max = max(field.max, HEADROOM * known)
        put(field, known)

    def _put_curve(self, plan: Plan) -> None:
        for name in CURVE:
            value = getattr(plan.payout, name)
            put(self.fields[name], int(value) if name.endswith("_score") else float(value))
        name = "fixed_share" if plan.kind == "salary" else "salary_multiple"
        put(self.fields[name], float(getattr(plan, name)))

    def _own(self, name: str) -> Decimal | str:
        return OWN if self.fields[name].disabled else _exact(self.fields[name])

    def _commission(self, plan: Plan) -> dict:
        count, fields = self.fields["tiers"].value, self.fields
        starts = [Decimal(0), *(_exact(fields[f"start_{tier}"]) for tier in range(2, count + 1))]
        bonus, cap = self._own("bonus_amount"), _exact(fields["cap"])
        return {
            "method": fields["method"].value,
            "threshold": _exact(fields["threshold"]),
            "tiers": [{"start": start, "rate": self._own(f"rate_{tier}")} for tier, start in enumerate(starts, 1)],
            "bonus": {"start": _exact(fields["bonus_start"]), "amount": bonus} if bonus else None,
            "cap_amount": cap or None,
        }

    def _curved(self, plan: Plan) -> dict:
        name = "fixed_share" if plan.kind == "salary" else "salary_multiple"
        return {name: _exact(self.fields[name]), "payout": {part: _exact(self.fields[part]) for part in CURVE}}

    def _require(self, plan: Plan) -> None:
        """Refuse terms that do not hold together before the book does, in the language of the room."""
        count, fields = self.fields["tiers"].value, self.fields
        rates = [self._own(f"rate_{tier}") for tier in range(1, count + 1)]
        rising = {"starts": [0.0, *(meant(fields[f"start_{tier}"]) for tier in range(2, count + 1))]} if plan.kind == "commission" else {
            "scores": [fields[name].value for name in CURVE if name.endswith("_score")]}  # fmt: skip
        level = {"payouts": [meant(fields[name]) for name in CURVE if name.endswith("_payout")]}
        if plan.kind == "commission":
            level = {"rates": [rate for rate in rates if rate != OWN]} if fields["method"].value == "whole" else {}
        for key, values in rising.items():
            if any(low >= high for low, high in zip(values, values[1:], strict=False)):
                raise ValueError(say(self.workshop, f"pay.rising_{key}"))
        for key, values in level.items():
            if any(low > high for low, high in zip(values, values[1:], strict=False)):
                raise ValueError(say(self.workshop, f"pay.level_{key}"))


def _exact(slider: widgets.Widget) -> Decimal:
    return Decimal(repr(meant(slider)))
