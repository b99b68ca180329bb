"""What the sample's accounts order, receive, owe and pay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from kamlib.data.sample.profiles import AS_OF, COST_LEVEL, ORDER_DAYS, PRICE_LEVEL, PRODUCTS, PROFILES, SEASONS, START, Profile

Rows = list[dict]
FREIGHT_SHARE = 0.012  # of the list price
PROFILE = {profile.account_id: profile for profile in PROFILES}


def month_start(index: int) -> date:
    """First day of the month `index` months after the sample's first.

    Examples
    --------
    >>> month_start(35)
    datetime.date(2026, 6, 1)
    """
    years, month = divmod(START.month - 1 + index, 12)
    return date(START.year + years, month + 1, 1)


def working_day(day: date) -> date:
    """The day itself, or the Friday before a weekend.

    Examples
    --------
    >>> working_day(date(2026, 6, 28))
    datetime.date(2026, 6, 26)
    """
    return day - timedelta(days=max(0, day.weekday() - 4))


def fade(profile: Profile, quarter: int) -> float:
    """Factor on an account's business in one of the twelve quarters, 1 before it fades."""
    place = quarter - (12 - len(profile.fade))
    return profile.fade[place] if place >= 0 else 1.0


def rates(_tables: dict, rng: Random) -> Rows:
    """One euro rate a month."""
    rows, rate = [], 7.85
    for index in range(36):
        rate += rng.uniform(-0.06, 0.065)
        rows.append({"currency": "EUR", "date": month_start(index), "rate": round(rate, 4)})
    return rows


def orders(tables: dict, rng: Random) -> Rows:
    """Every order line and every return, numbered by date."""
    bought = [line for profile in PROFILES if profile.revenue for line in _purchases(profile, rng)]
    lines = bought + [back for line in bought for back in _return(line, rng)]
    lines.sort(key=lambda line: (line["order_date"], line["account_id"], line["order_id"], line["line"]))
    numbers: dict = {}
    for line in lines:
        line["order_id"] = numbers.setdefault(line["order_id"], f"{'RT' if line['returns_of'] else 'SO'}{len(numbers) + 10001}")
    for line in lines:
        line["returns_of"] = numbers.get(line["returns_of"], "")
    return [_in_currency(line, tables["rates"]) for line in lines]


def _purchases(profile: Profile, rng: Random) -> Iterator[dict]:
    assortment = _assortment(profile, rng)
    for quarter in range(12):
        slots = list(_slots(profile, quarter, rng))
        weights = [rng.uniform(0.6, 1.4) for _ in slots]
        left = _wanted_amount(profile, quarter) * rng.uniform(0.98, 1.02)
        for place, slot in enumerate(slots):
            # What rounding to whole pieces left over goes into the quarter's later lines.
            line = slot | _bought(profile, assortment, left * weights[place] / sum(weights[place:]), slot, rng)
            left -= line["net_revenue"]
            if profile.starts <= line["order_date"] <= profile.ends:
                yield line


def _wanted_amount(profile: Profile, quarter: int) -> float:
    years_before = 2 - quarter // 4
    share = SEASONS[profile.season][quarter % 4]
    return profile.revenue / (1 + profile.growth) ** years_before * share * fade(profile, quarter)


def _assortment(profile: Profile, rng: Random) -> list[tuple]:
    lines = sorted({product[1] for product in PRODUCTS})
    kept = rng.sample(lines, 5 if profile.revenue > 5e6 else 4 if profile.revenue > 1e6 else 3)
    return [product for product in PRODUCTS if product[1] in kept or product[0] == "PT-KIT"]


def _slots(profile: Profile, quarter: int, rng: Random) -> Iterator[dict]:
    """Order lines of a quarter before anything is chosen: number, day and promise."""
    first = month_start(3 * quarter)
    offset, days = ORDER_DAYS.get(profile.season, (0, (month_start(3 * quarter + 3) - first).days))
    count = round(profile.orders * SEASONS[profile.season][quarter % 4] * fade(profile, quarter)) or 1
    lines_an_order = 4 if profile.orders > 30 else 3 if profile.orders >= 12 else 2
    for order in range(count):
        day = working_day(first + timedelta(days=offset + int((order + rng.uniform(0.3, 0.7)) / count * days)))
        discount = max(0.0, profile.discount + rng.uniform(-0.006, 0.006))
        promised = working_day(day + timedelta(days=rng.randrange(10, 29)))
        for line in range(1, lines_an_order + 1 + rng.randrange(-1, 2)):
            key = {"order_id": (profile.account_id, day, order), "line": line, "account_id": profile.account_id}
            yield key | {"order_date": day, "promised": promised, "off": discount}


def _bought(profile: Profile, assortment: list[tuple], wanted: float, slot: dict, rng: Random) -> dict:
    """One order line worth about `wanted`, in CNY."""
    day = slot["order_date"]
    affordable = [product for product in assortment if product[2] <= 0.5 * wanted] or [min(assortment, key=lambda product: product[2])]
    product, product_line, price, margin = rng.choice(affordable)
    price = round(price * PRICE_LEVEL[day.year], 2)
    quantity = max(1, round(wanted / (price * (1 - slot["off"]))))
    unit_cost = None if margin is None else price * (1 - margin) * COST_LEVEL[day.year] / PRICE_LEVEL[day.year] * rng.uniform(0.98, 1.02)
    return {
        "product": product,
        "product_line": product_line,
        "quantity": quantity,
        "net_revenue": round(quantity * price * (1 - slot["off"]), 2),
        "list_price": round(quantity * price, 2),
        "cost": "" if unit_cost is None else round(quantity * unit_cost * profile.cost_factor, 2),
        "freight": round(FREIGHT_SHARE * quantity * price, 2),
        "currency": profile.currency,
        "promised_on": slot["promised"],
        "delivered_on": _delivery(profile, slot["promised"], rng),
        "correct": int(rng.random() < 0.975),
        "returns_of": "",
        "manager_id": "M01" if profile.account_id == "A013" and day < date(2025, 1, 1) else "",
    }


def _delivery(profile: Profile, promised: date, rng: Random) -> date:
    days = -rng.randrange(0, 4) if rng.random() < profile.on_time else rng.randrange(2, 12)
    return working_day(promised + timedelta(days=days))


def _return(line: dict, rng: Random) -> Iterator[dict]:
    """The part of a line that comes back, as negative amounts."""
    profile = PROFILE[line["account_id"]]
    day = working_day(line["delivered_on"] + timedelta(days=rng.randrange(*profile.return_days)))
    share = rng.uniform(0.05, 0.25)
    if rng.random() >= profile.return_rate or line["quantity"] < 4 or day > AS_OF:
        return
    quantity = max(1, round(line["quantity"] * share))
    amounts = {name: line[name] and -round(line[name] * quantity / line["quantity"], 2) for name in ("net_revenue", "list_price", "cost")}
    unstated = {"promised_on": "", "delivered_on": "", "correct": "", "freight": ""}
    yield (
        line
        | amounts
        | unstated
        | {
            "order_id": ("return", line["order_id"], line["line"]),
            "line": 1,
            "order_date": day,
            "quantity": -quantity,
            "returns_of": line["order_id"],
        }
    )


def _in_currency(line: dict, rates: Rows) -> dict:
    """The finished line: amounts in the order's currency, nothing that happens after the as-of date."""
    rate = 1.0 if line["currency"] == "CNY" else [row["rate"] for row in rates if row["date"] <= line["order_date"]][-1]
    amounts = {name: line[name] and f"{line[name] / rate:.2f}" for name in ("net_revenue", "list_price", "cost", "freight")}
    delivered = line["delivered_on"] if line["delivered_on"] and line["delivered_on"] <= AS_OF else ""
    kept = {name: value for name, value in line.items() if name not in ("promised", "off")}
    return kept | amounts | {"delivered_on": delivered}


def amount_in_cny(line: dict, rates: Rows) -> float:
    """Net revenue of a finished line in CNY, at the last rate on or before its date."""
    rate = 1.0 if line["currency"] == "CNY" else [row["rate"] for row in rates if row["date"] <= line["order_date"]][-1]
    return float(line["net_revenue"]) * rate


def monthly_revenue(tables: dict) -> dict[tuple[str, date], float]:
    """Net revenue in CNY by account and first day of the month."""
    sums: dict = defaultdict(float)
    for line in tables["orders"]:
        sums[line["account_id"], line["order_date"].replace(day=1)] += amount_in_cny(line, tables["rates"])
    return sums


def approvals(tables: dict, _rng: Random) -> Rows:
    """Who approved each discount above what staff may grant."""
    sums: dict = {}
    for line in tables["orders"]:
        if not line["returns_of"]:
            net, list_price, _ = sums.get(line["order_id"], (0.0, 0.0, ""))
            sums[line["order_id"]] = (net + float(line["net_revenue"]), list_price + float(line["list_price"]), line["account_id"])
    rows = []
    for order_id, (net, list_price, account_id) in sums.items():
        discount = 1 - net / list_price
        if discount > 0.03:
            proper = "manager" if discount <= 0.08 else "director" if discount <= 0.15 else "executive"
            rows.append({"order_id": order_id, "level": "staff" if PROFILE[account_id].approval == "skipped" else proper})
    return rows


def invoices(tables: dict, _rng: Random) -> Rows:
    """One invoice in CNY per order, on the day its last line was delivered; a return is credited on its own day."""
    by_order: dict = defaultdict(list)
    for line in tables["orders"]:
        by_order[line["order_id"]].append(line)
    rows = []
    for order_id, lines in by_order.items():
        profile, is_return = PROFILE[lines[0]["account_id"]], bool(lines[0]["returns_of"])
        if is_return or all(line["delivered_on"] for line in lines):
            day = lines[0]["order_date"] if is_return else max(line["delivered_on"] for line in lines)
            amount = sum(amount_in_cny(line, tables["rates"]) for line in lines)
            due = day + timedelta(days=30 if is_return else profile.terms_days)
            row = {"account_id": profile.account_id, "invoice_date": day, "due_date": due, "amount": f"{amount:.2f}", "currency": "CNY"}
            rows.append({"invoice_id": f"{'CN' if is_return else 'IN'}{order_id[2:]}", **row})
    return sorted(rows, key=lambda row: (row["invoice_date"], row["invoice_id"]))


def payments(tables: dict, rng: Random) -> Rows:
    """What came in up to the as-of date; a credit note is set off by a negative payment, a late payer pays in two parts."""
    rows = []
    for invoice in tables["invoices"]:
        profile, amount = PROFILE[invoice["account_id"]], float(invoice["amount"])
        late = rng.uniform(-6, 6) + profile.late_days if amount > 0 else rng.uniform(-20, 0)
        paid_on = working_day(invoice["due_date"] + timedelta(days=round(late)))
        first = round(amount * 0.4, 2) if profile.late_days > 30 or rng.random() < 0.03 else 0.0
        parts = [(paid_on - timedelta(days=7), first), (paid_on, amount - first)]
        paid = [(day, part) for day, part in parts if part and day <= AS_OF]
        rows += [{"invoice_id": invoice["invoice_id"], "paid_on": day, "amount": f"{part:.2f}"} for day, part in paid]
    rows.sort(key=lambda row: (row["paid_on"], row["invoice_id"]))
    return [{"payment_id": f"PY{number:05d}", **row} for number, row in enumerate(rows, 1)]


def usage(_tables: dict, rng: Random) -> Rows:
    """Machine hours a month on connected equipment, of accounts that buy for a million or more."""
    rows = []
    for profile in PROFILES:
        for index in range(36):
            month = month_start(index)
            if profile.revenue >= 1e6 and month >= profile.starts:
                hours = profile.revenue / 2000 * (1 + profile.growth / 2) ** (index // 12 - 2) * fade(profile, index // 3)
                amount = round(hours * rng.uniform(0.95, 1.05))
                rows.append({"account_id": profile.account_id, "month": f"{month:%Y-%m}", "amount": amount})
    return rows


def forecasts(tables: dict, rng: Random) -> Rows:
    """Monthly forecasts of larger accounts for two years back and half a year ahead."""
    actual = monthly_revenue(tables)
    rows = []
    for profile in PROFILES:
        for index in range(12, 42):
            month = month_start(index)
            if profile.revenue >= 5e5 and profile.starts <= month and profile.ends == AS_OF:
                base = actual.get((profile.account_id, month if index < 36 else month_start(index - 12)), 0.0)
                usual = profile.revenue / 12 * fade(profile, min(index, 35) // 3)
                amount = round((0.85 * base + 0.15 * usual) * rng.uniform(0.72, 1.3) / 100) * 100
                rows.append({"account_id": profile.account_id, "period": f"{month:%Y-%m}", "forecast": amount})
    return rows


def market(_tables: dict, rng: Random) -> Rows:
    """Size of the served market by product line and quarter."""
    sizes = {"Spindles": 260e6, "Linear guides": 190e6, "Ball screws": 170e6, "Servo drives": 310e6, "Parts and service": 60e6}
    rows = []
    for name, size in sizes.items():
        for quarter in range(12):
            first = month_start(3 * quarter)
            amount = round(size * 1.015**quarter * rng.uniform(0.96, 1.04) / 1e5) * 100000
            rows.append({"product_line": name, "period": f"{first.year}Q{(first.month + 2) // 3}", "size": amount})
    return rows
