"""How the account buys: how often, which product lines, in which months."""

from __future__ import annotations

from markupsafe import Markup

from kamlib.show import reading, text
from kamlib.show.portfolio import blocks
from kamlib.show.portfolio.blocks import figure, lead, note, told, word

MOST_LINES = 5


def buying(account) -> None:
    """Publish the rhythm of the orders, the product lines of twelve months, and each month against an average one.

    Parameters
    ----------
    account : Pack
        Its pack carries ``buying`` (`packs.buying.Buying`).
    """
    if reading.figure(account, "last_order_days") is None:
        return blocks.section(account, "buying", [lead(word(account, "buying_none"))])
    return blocks.section(account, "buying", [lead(_rhythm(account)), lead(_mix(account)), _season(account)])


def _rhythm(account) -> Markup:
    key = "buying_thin" if reading.figure(account, "order_gap_median_days") is None else "buying_rhythm"
    places = {"gap": "order_gap_median_days", "most": "order_gap_p90_days", "last": "last_order_days"}
    return told(account, key, **{place: figure(account, metric) for place, metric in places.items()})


def _mix(account) -> str:
    mix = account.buying["mix"]
    if mix is None:
        return word(account, "buying_mix_open", input=text.input_name("orders.product_line", language=account.language))
    if not mix:
        return word(account, "buying_mix_none")
    shares = [(name, share) for name, _, share in mix[:MOST_LINES]]
    if len(mix) > MOST_LINES:
        shares.append((word(account, "pooled"), sum(share for *_, share in mix[MOST_LINES:])))
    listed = [f"{name} {text.number(share, 'share', language=account.language)}" for name, share in shares]
    return word(account, "buying_mix", lines=reading.say(account, "comma").join(listed))


def _season(account) -> dict:
    season, months = account.buying["season"], int(account.policy["profile.season_months"]["value"])
    if not season:
        return note(word(account, "buying_no_season", months=months))
    columns = [(f"month_{number}", text.month_name(number, language=account.language), "ratio") for number in range(1, 13)]
    marks = {(0, place): "kam-best" for place, index in enumerate(season) if index == max(season)}
    heading = word(account, "buying_season", months=months)
    return blocks.table(account, columns, [season], key="season", heading=heading, marks=marks, style="kam-dense")
