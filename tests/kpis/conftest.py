"""A small book of orders that plain Python can add up again, and a calendar that is not the one under test."""

from __future__ import annotations

import random
from datetime import date, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

MANAGER_OF = {"A1": "M1", "A2": "M1", "A3": "M2", "A4": "M2", "A5": "M2", "A6": "M3"}
DATES = [date(2026, 6, 30), date(2026, 2, 28), date(2025, 11, 17), date(2024, 2, 29)]


def back(day: date, months: int) -> date:
    stamp = pd.Timestamp(day)
    moved = stamp - pd.offsets.MonthEnd(months) if stamp.is_month_end and months else stamp - pd.DateOffset(months=months)
    return moved.date()


def within(day, as_of: date, months: int = 12, offset: int = 0) -> bool:
    return day is not None and back(as_of, months + offset) < day <= back(as_of, offset)


def _orders(rng: random.Random) -> list[dict]:
    rows = []
    for number in range(240):
        account = rng.choice(list(MANAGER_OF))
        sign = -1 if rng.random() < 0.15 else 1
        day = date(2022, 7, 3) + timedelta(days=rng.randrange(1460))
        promised = day + timedelta(days=rng.randrange(20)) if rng.random() < 0.8 else None
        delivered = promised + timedelta(days=rng.randrange(-4, 4)) if promised and rng.random() < 0.9 else None
        rows.append(
            {
                "account_id": account,
                "manager_id": MANAGER_OF[account],
                "portfolio": "all",
                "order_id": f"o{number // 2}" if sign > 0 else f"c{number}",
                "order_date": day,
                "net_revenue": sign * rng.randrange(1, 90_000) / 100,
                "quantity": float(sign * rng.randrange(1, 9)),
                "cost": sign * rng.randrange(1, 60_000) / 100 if rng.random() < 0.7 else None,
                "promised_on": promised,
                "delivered_on": delivered,
                "correct": rng.choice([1.0, 1.0, 0.0, None]),
            }
        )
    return rows


def _invoices(rng: random.Random) -> tuple[list[dict], list[dict]]:
    invoices, payments = [], []
    for number in range(150):
        account = rng.choice(list(MANAGER_OF)[:5])
        day = date(2023, 1, 5) + timedelta(days=rng.randrange(1270))
        amount = (-1 if rng.random() < 0.1 else 1) * rng.randrange(100, 90_000) / 100
        owner = {"account_id": account, "manager_id": MANAGER_OF[account], "portfolio": "all", "invoice_id": f"i{number}"}
        invoices.append(owner | {"invoice_date": day, "due_date": day + timedelta(days=30), "amount": amount})
        if rng.random() < 0.8:
            first = round(amount * rng.choice([1, 1, 0.5]), 2)
            payments.append(owner | {"paid_on": day + timedelta(days=rng.randrange(-3, 90)), "amount": first})
    return invoices, payments


def as_frame(rows: list[dict]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    days = {name: pd.to_datetime(frame[name]) for name in frame if name.endswith(("_on", "_date")) or name == "date"}
    texts = {name: frame[name].astype("str") for name in frame if name.endswith("_id")}
    return frame.assign(**days, **texts)


@pytest.fixture(scope="session")
def book() -> SimpleNamespace:
    rng = random.Random(20260630)
    orders = _orders(rng)
    invoices, payments = _invoices(rng)
    frames = {"orders_frame": as_frame(orders), "invoices_frame": as_frame(invoices), "payments_frame": as_frame(payments)}
    return SimpleNamespace(orders=orders, invoices=invoices, payments=payments, manager_of=MANAGER_OF, **frames)


@pytest.fixture(params=DATES, ids=str, scope="session")
def as_of(request) -> date:
    return request.param


@pytest.fixture(params=["account_id", "manager_id", "portfolio"], scope="session")
def by(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def calendar() -> SimpleNamespace:
    return SimpleNamespace(back=back, within=within, as_frame=as_frame)
