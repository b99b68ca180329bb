"""Where prices were given without a reason, and what moved the margin of all accounts."""

from __future__ import annotations

from kamlib.show import reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import figure, lead, told, word
from kamlib.show.portfolio.left_out import leave_out
from kamlib.show.prices import _walk_words, publish_walk

SHOWN_METRICS = (
    *("discount_rate", "within_authority_share", "price_exceptions_count", "price_exceptions_amount"),
    *("justified_discounts_amount", "below_cost_amount"),
)
MOST_ROWS = 10


def price_guard(portfolio) -> None:
    """Publish discounts and authority, the accounts that cost most beyond limits, and the margin walk of all accounts."""
    if leave_out(portfolio, "portfolio_price_guard"):
        return
    places = {"rate": figure(portfolio, "discount_rate"), "share": figure(portfolio, "within_authority_share")}
    sentences = [lead(told(portfolio, "prices_verdict", **places))]
    if reading.figure(portfolio, "price_exceptions_count"):
        shown = {"count": figure(portfolio, "price_exceptions_count"), "amount": figure(portfolio, "price_exceptions_amount")}
        sentences.append(lead(told(portfolio, "prices_exceptions", **shown)))
    else:
        sentences.append(lead(word(portfolio, "prices_clean")))
    blocks.section(portfolio, "portfolio_price_guard", [*sentences, *_accounts(portfolio), *_walk_words(portfolio)])
    if portfolio.prices["walk"]:
        publish_walk(portfolio, portfolio.prices["walk"])


def _accounts(portfolio) -> list[dict]:
    accounts = portfolio.accounts
    listed = accounts[accounts["price_exceptions_count"] > 0].sort_values("price_exceptions_amount", ascending=False, kind="stable")
    if listed.empty:
        return []
    keys = ("price_exceptions_count", "price_exceptions_amount", "below_cost_amount", "discount_rate")
    labels = ("prices_count", "price_given", "prices_lost", "price_rate")
    columns = [("name", word(portfolio, "account"), "text")]
    columns += [(key, word(portfolio, label), text.metric_unit(key)) for key, label in zip(keys, labels, strict=True)]
    rows = listed.head(MOST_ROWS)[["name", *keys]].to_numpy(dtype=object).tolist()
    return [blocks.table(portfolio, columns, rows, heading=word(portfolio, "prices_by_account"))]
