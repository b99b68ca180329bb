"""What the relationship is worth at today's risk, and how much may be spent on deepening it."""

from __future__ import annotations

from kamlib.show import reading
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import figure, lead, note, told, word

SHOWN_METRICS = (
    *("revenue_at_risk_amount", "loss_probability_rate", "clv_amount", "clv_unadjusted_amount"),
    *("retention_point_amount", "spend_ceiling_amount", "stage_retention_rate", "next_retention_rate"),
    *("cost_to_serve_amount", "cost_to_serve_rate", "served_margin_amount"),
)
ROWS = (
    "loss_probability_rate",
    "revenue_at_risk_amount",
    "clv_unadjusted_amount",
    "clv_amount",
    "retention_point_amount",
    "spend_ceiling_amount",
)


def worth(account) -> None:
    """Publish the customer's value at today's risk, what a point of retention is worth, and the most to spend a year.

    Parameters
    ----------
    account : Pack
    """
    if reading.figure(account, "clv_amount") is None:
        words = word(account, "worth_open", reason=reading.value_words(account, "clv_amount"))
        return blocks.section(account, "worth", [lead(words)])
    metrics = ("clv_amount", "clv_unadjusted_amount", "loss_probability_rate", "retention_point_amount")
    places = {metric.rsplit("_", 1)[0]: figure(account, metric) for metric in metrics}
    years = int(account.policy["value.years"]["value"])
    sentences = [lead(told(account, "worth_value", years=years, **places))]
    ceiling = reading.figure(account, "spend_ceiling_amount")
    if ceiling and ceiling > 0:
        rates = {"now": figure(account, "stage_retention_rate"), "then": figure(account, "next_retention_rate")}
        sentences.append(lead(told(account, "worth_ceiling", most=figure(account, "spend_ceiling_amount"), **rates)))
    if reading.figure(account, "served_margin_amount") is not None:
        of = {"cost": "cost_to_serve_amount", "rate": "cost_to_serve_rate", "left": "served_margin_amount"}
        sentences.append(lead(told(account, "worth_service", **{place: figure(account, metric) for place, metric in of.items()})))
    columns = [("metric", word(account, "worth_measure"), "text"), ("value", word(account, "worth_amount"), "written")]
    rows = [[reading.label(account, metric), figure(account, metric)] for metric in ROWS if reading.figure(account, metric) is not None]
    score = reading.score_of(account, "loss_probability_rate")
    basis = "worth_calibrated" if score.note == "calibrated" else "worth_assumed"
    rate = reading.write(account, "loss_probability_rate", account.policy["value.discount_rate"]["value"])
    return blocks.section(account, "worth", [*sentences, blocks.table(account, columns, rows), note(word(account, basis, rate=rate))])
