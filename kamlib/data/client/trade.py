"""What a synthetic client's accounts order, receive, use, owe and pay; every account has a stream of draws of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from random import Random

from kamlib.data.client.cast import Account, Cast
from kamlib.data.sample.profiles import AS_OF, COST_LEVEL, PRICE_LEVEL
from kamlib.data.sample.trade import FREIGHT_SHARE, month_start, working_day

Rows = list[dict]
QUARTERS = 12
EARLY_DAYS = 45
LAST_DAYS = 4  # calendar days at a quarter's end on which orders are booked that belong elsewhere
AUTHORITY = ((0.03, ""), (0.08, "manager"), (0.15, "director"), (1.0, "executive"))
CALLED_OFF_SHARE = 0.85
RETURN_RATE = 0.012
CREDIT_DAYS = 30


def quarter_start(quarter: int) -> date:
    """First day of a quarter, counted from the client's first.

    Examples
    --------
    >>> quarter_start(11)
    datetime.date(2026, 4, 1)
    """
    return month_start(3 * quarter)


def orders(cast: Cast, _tables: dict) -> Rows:
    """Every order line and every return, numbered by date."""
    lines = [line for account in cast.accounts for line in _lines(account, cast, cast.stream(f"orders {account.account_id}"))]
    lines.sort(key=lambda line: (line["order_date"], line["account_id"], line["order_id"], line["line"]))
    numbers: dict = {}
    for line in lines:
        line["order_id"] = numbers.setdefault(line["order_id"], f"{'RT' if line['returns_of'] else 'SO'}{len(numbers) + 20001}")
    for line in lines:
        line["returns_of"] = numbers.get(line["returns_of"], "")
    return lines


def _lines(account: Account, cast: Cast, rng: Random) -> Iterator[dict]:
    assortment = _assortment(account, cast, rng)
    for quarter in range(QUARTERS):
        slots = list(_slots(account, quarter, rng))
        weights = [rng.uniform(0.6, 1.4) for _ in slots]
        left = _wanted_amount(account, quarter) * rng.uniform(0.98, 1.02)
        for place, slot in enumerate(slots):
            line = _bought(account, assortment, left * weights[place] / sum(weights[place:]), slot, rng)
            left -= line["net_revenue"]
            line = _booked(account, cast, line, quarter)
            back = _return(line, rng)
            if account.starts <= line["order_date"]:
                yield _known(line)
                yield from (_known(row) for row in back if row["order_date"] <= AS_OF)


def fade(factors: tuple[float, ...], quarter: int) -> float:
    """Factor on an account's business in a quarter, 1 before it fades, and what it has come to after the last."""
    place = quarter - (QUARTERS - len(factors))
    return factors[min(place, len(factors) - 1)] if factors and place >= 0 else 1.0


def _wanted_amount(account: Account, quarter: int) -> float:
    years = quarter // 4 - 2
    return account.revenue * (1 + account.growth) ** years * account.season[quarter % 4] * fade(account.fade, quarter)


def _assortment(account: Account, cast: Cast, rng: Random) -> list[tuple]:
    lines = sorted({product[1] for product in cast.trade.products})
    kept = rng.sample(lines, 5 if account.revenue > 4e6 else 4 if account.revenue > 1e6 else 3)
    return [product for product in cast.trade.products if product[1] in kept]


def _slots(account: Account, quarter: int, rng: Random) -> Iterator[dict]:
    """Order lines of a quarter before anything is chosen: number, day, promise, discount."""
    first, after = quarter_start(quarter), quarter_start(quarter + 1)
    peak = account.season_days if quarter % 4 == 3 else account.season_days and (0, EARLY_DAYS)
    offset, days = peak or (0, (after - first).days)
    count = round(account.orders * account.season[quarter % 4] * fade(account.fade, quarter)) or 1
    for order in range(count):
        day = max(first, working_day(first + timedelta(days=offset + int((order + rng.uniform(0.05, 0.95)) / count * days))))
        discount = max(0.0, account.discount + rng.uniform(-0.006, 0.006))
        promised = working_day(day + timedelta(days=rng.randrange(10, 26)))
        key = {"order_id": (account.account_id, quarter, order / count), "account_id": account.account_id}
        for line in range(1, (4 if account.orders > 25 else 3) + rng.randrange(-1, 2)):
            yield key | {"line": line, "order_date": day, "promised_on": promised, "off": discount}


def _bought(account: Account, assortment: list[tuple], wanted: float, slot: dict, rng: Random) -> dict:
    """One order line worth about `wanted`."""
    day = slot["order_date"]
    affordable = [product for product in assortment if product[2] <= 0.5 * wanted] or [min(assortment, key=lambda product: product[2])]
    product, product_line, price, margin = rng.choice(affordable)
    price, drift = round(price * PRICE_LEVEL[day.year], 2), rng.uniform(0.98, 1.02)
    quantity = max(1, round(wanted / (price * (1 - slot["off"]))))
    usual = price * (1 - margin) * COST_LEVEL[day.year] / PRICE_LEVEL[day.year] * drift
    cost = usual if account.margin is None else price * (1 - slot["off"]) * (1 - account.margin) * drift
    return {
        **{name: slot[name] for name in ("order_id", "line", "account_id", "order_date")},
        "product": product,
        "product_line": product_line,
        "quantity": quantity,
        "net_revenue": round(quantity * price * (1 - slot["off"]), 2),
        "list_price": round(quantity * price, 2),
        "cost": round(quantity * cost, 2),
        "freight": round(FREIGHT_SHARE * quantity * price, 2),
        "promised_on": slot["promised_on"],
        "delivered_on": _delivered(account, slot["promised_on"], rng),
        "correct": int(rng.random() < 0.975),
        "returns_of": "",
    }


def _delivered(account: Account, promised: date, rng: Random) -> date:
    is_on_time, early, late = rng.random() < account.on_time, rng.randrange(0, 4), rng.randrange(2, 12)
    return working_day(promised + timedelta(days=-early if is_on_time else late))


def _return(line: dict, rng: Random) -> list[dict]:
    """The part of a line that comes back, as negative amounts; mostly nothing."""
    happens, share = rng.random() < RETURN_RATE and line["quantity"] >= 4, rng.uniform(0.05, 0.25)
    day = working_day(line["delivered_on"] + timedelta(days=rng.randrange(5, 20)))
    quantity = max(1, round(line["quantity"] * share))
    amounts = {name: -round(line[name] * quantity / line["quantity"], 2) for name in ("net_revenue", "list_price", "cost")}
    unstated = dict.fromkeys(("promised_on", "delivered_on", "correct", "freight"), "")
    own = {"order_id": ("return", *line["order_id"], line["line"]), "line": 1, "order_date": day, "quantity": -quantity}
    return [line | amounts | unstated | own | {"returns_of": line["order_id"]}] if happens else []


def _booked(account: Account, cast: Cast, line: dict, quarter: int) -> dict:
    """The line on the day on which it was booked; all lines of an order move together.

    What is pulled is due a quarter later: each quarter ends with the first orders of the next, and begins without its own.
    """
    rng, (_, _, place) = cast.stream(f"booked {line['order_id']}"), line["order_id"]
    moves, first, after = rng.random(), quarter_start(quarter), quarter_start(quarter + 1)
    end = working_day(after - timedelta(days=1 + rng.randrange(LAST_DAYS)))
    if place < account.pulled_share and quarter not in cast.missed:
        return line | {"order_date": end} | _later(line, (after - first).days)
    if (after - line["order_date"]).days <= account.call_off_days and moves < CALLED_OFF_SHARE:
        return line | {"order_date": end} | _later(line, (end - line["order_date"]).days)
    return line


def _later(line: dict, days: int) -> dict:
    return {name: working_day(line[name] + timedelta(days=days)) for name in ("promised_on", "delivered_on")}


def _known(line: dict) -> dict:
    """The finished line: cents, and no delivery after the as-of date."""
    amounts = {name: line[name] and f"{line[name]:.2f}" for name in ("net_revenue", "list_price", "cost", "freight")}
    is_delivered = line["delivered_on"] and line["delivered_on"] <= AS_OF
    return line | amounts | ({} if is_delivered else {"delivered_on": "", "correct": ""})


def monthly_revenue(tables: dict) -> dict[tuple[str, date], float]:
    """Net revenue by account and first day of the month."""
    sums: dict = defaultdict(float)
    for line in tables["orders"]:
        sums[line["account_id"], line["order_date"].replace(day=1)] += float(line["net_revenue"])
    return sums


def approvals(_cast: Cast, tables: dict) -> Rows:
    """Who approved each discount above what staff may grant."""
    rows = []
    bought = sorted((line for line in tables["orders"] if not line["returns_of"]), key=lambda line: line["order_id"])
    for order_id, lines in groupby(bought, key=lambda line: line["order_id"]):
        sums = [(float(line["net_revenue"]), float(line["list_price"])) for line in lines]
        discount = 1 - sum(net for net, _ in sums) / sum(listed for _, listed in sums)
        level = next(level for most, level in AUTHORITY if discount <= most)
        rows += [{"order_id": order_id, "level": level}] if level else []
    return rows


def invoices(cast: Cast, tables: dict) -> Rows:
    """One invoice per order, on the day its last line was delivered; a return is credited on its own day."""
    terms = {account.account_id: account.terms_days for account in cast.accounts}
    by_order: dict = defaultdict(list)
    for line in tables["orders"]:
        by_order[line["order_id"]].append(line)
    rows = []
    for order_id, lines in by_order.items():
        account_id, is_return = lines[0]["account_id"], bool(lines[0]["returns_of"])
        if is_return or all(line["delivered_on"] for line in lines):
            day = lines[0]["order_date"] if is_return else max(line["delivered_on"] for line in lines)
            due = day + timedelta(days=CREDIT_DAYS if is_return else terms[account_id])
            row = {"account_id": account_id, "invoice_date": day, "due_date": due}
            amount = sum(float(line["net_revenue"]) for line in lines)
            rows.append({"invoice_id": f"{'CN' if is_return else 'IN'}{order_id[2:]}", **row, "amount": f"{amount:.2f}"})
    return sorted(rows, key=lambda row: (row["invoice_date"], row["invoice_id"]))


def payments(cast: Cast, tables: dict) -> Rows:
    """What came in up to the as-of date; a credit note is set off by a negative payment once it is due."""
    late_days = {account.account_id: account.late_days for account in cast.accounts}
    streams = {account.account_id: cast.stream(f"payments {account.account_id}") for account in cast.accounts}
    rows = []
    for invoice in tables["invoices"]:
        rng, amount = streams[invoice["account_id"]], float(invoice["amount"])
        late, in_parts = rng.uniform(-4, 4) + late_days[invoice["account_id"]], rng.random() < 0.03
        paid_on = working_day(invoice["due_date"] + timedelta(days=round(late if amount > 0 else abs(late))))
        first = round(amount * 0.4, 2) if in_parts and amount > 0 else 0.0
        paid = [(day, part) for day, part in ((paid_on - timedelta(days=7), first), (paid_on, amount - first)) if part and day <= AS_OF]
        rows += [{"invoice_id": invoice["invoice_id"], "paid_on": day, "amount": f"{part:.2f}"} for day, part in paid]
    rows.sort(key=lambda row: (row["paid_on"], row["invoice_id"]))
    return [{"payment_id": f"PY{number:05d}", **row} for number, row in enumerate(rows, 1)]


def usage(cast: Cast, _tables: dict) -> Rows:
    """Hours a month for which an account runs what it bought, where it is connected."""
    rows = []
    for account in cast.accounts:
        rng = cast.stream(f"usage {account.account_id}")
        for index in range(3 * QUARTERS):
            month, hours = month_start(index), account.revenue / 1800 * (1 + account.growth / 2) ** (index // 12 - 2)
            amount = round(hours * fade(account.use_fade, index // 3) * rng.uniform(0.95, 1.05))
            if account.revenue >= 4e5 and month >= account.starts.replace(day=1):
                rows.append({"account_id": account.account_id, "month": f"{month:%Y-%m}", "amount": amount})
    return rows


def forecasts(cast: Cast, tables: dict) -> Rows:
    """Monthly forecasts of the larger accounts for two years back and half a year ahead."""
    actual, rows = monthly_revenue(tables), []
    for account in cast.accounts:
        rng = cast.stream(f"forecasts {account.account_id}")
        for index in range(12, 42):
            month = month_start(index)
            base = actual.get((account.account_id, month if index < 36 else month_start(index - 12)), 0.0)
            amount = round((0.85 * base + 0.15 * account.revenue / 12) * rng.uniform(0.72, 1.3) / 100) * 100
            if account.revenue >= 6e5 and month >= account.starts.replace(day=1):
                rows.append({"account_id": account.account_id, "period": f"{month:%Y-%m}", "forecast": amount})
    return rows
