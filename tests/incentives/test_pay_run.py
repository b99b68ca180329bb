"""`kam pay`: from lines to people to the pool, against the files read with the standard library; statements opened by their readers."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from kamlib.checks import KamError
from kamlib.cli import cli
from kamlib.data.engagement import load_engagement
from kamlib.data.read import read
from kamlib.incentives import PayBook, default_book
from kamlib.render.pay import require_sums, write_statements
from kamlib.scores.pay import pay_run
from kamlib.show.statement import lines, money

ROOT = Path(__file__).resolve().parents[2]
SAMPLE, SHARED = ROOT / "params" / "sample", ROOT.parent / "shared" / "data" / "adventureworks"
IN_EUROS = {"A033"}


def rows(name):
    with (SAMPLE / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def book(*plans, **terms):
    return PayBook.model_validate({"schema": 1, "version": "t", "default": [plan["id"] for plan in plans], "plans": list(plans)} | terms)


def plan(name="commission_revenue", **terms):
    return next(plan for plan in default_book().plans if plan.id == name).model_dump() | terms


def by_hand(first, last):
    """Add up the quarter of every manager from the files: shared accounts by their shares, the others whole."""
    manager_of = {row["account_id"]: row["manager_id"] for row in rows("accounts")}
    shares = {(row["account_id"], row["manager_id"]): Decimal(row["share"]) for row in rows("credits") if row["period"] == "2026Q2"}
    sums = defaultdict(Decimal)
    for row in rows("orders"):
        account = row["account_id"]
        if first <= row["order_date"] <= last and account not in IN_EUROS:
            sharing = {manager: share for (name, manager), share in shares.items() if name == account} or {manager_of[account]: Decimal(1)}
            for manager, share in sharing.items():
                sums[manager] += Decimal(row["net_revenue"]) * share
    return sums


@pytest.fixture(scope="module")
def found(sample_tables, sample_engagement):
    return pay_run(sample_tables, sample_engagement, period="2026Q2", book=default_book())


def test_bases_quotas_and_pay_of_the_sample_agree_with_its_files(found):
    sums = by_hand("2026-04-01", "2026-06-30")
    quotas = {
        row["id"]: Decimal(row["target"]) for row in rows("targets") if (row["metric"], row["period"]) == ("revenue_amount", "2026Q2")
    }
    for statement in found.statements:
        pay = statement.plans[0]
        home = [credit for credit in pay.credits if credit.account_id not in IN_EUROS]
        assert sum(credit.amount for credit in home) == Fraction(sums[statement.person]), statement.person
        assert next(step.amount for step in pay.steps if step.id == "quota") == quotas[statement.person]
        base, quota = sum(credit.amount for credit in pay.credits), Fraction(quotas[statement.person])
        edges = [Fraction(edge) * quota for edge in (Decimal(0), Decimal("0.8"), 1, Decimal("1.2"))]
        wanted = sum(
            max(0, min(base, end) - edge) * Fraction(rate, 100)
            for edge, end, rate in zip(edges, [*edges[1:], base], (1, 2, 3, 4), strict=True)
        )
        assert abs(Fraction(pay.paid) - wanted) <= Fraction(1, 200), statement.person
    assert found.pool == sum(statement.total for statement in found.statements)


def test_everything_adds_up(found, sample_tables):
    require_sums(found)
    quarter = sample_tables["orders"]["order_date"].between("2026-04-01", "2026-06-30")
    (check,) = found.checks
    assert check["lines_count"] == quarter.sum() and check["difference"] == 0 and check["lines"] == check["accounts"] == check["people"]
    assert float(check["lines"]) == pytest.approx(sample_tables["orders"].loc[quarter, "net_revenue"].sum())


def test_a_sum_that_does_not_agree_stops_everything_before_a_file_is_written(found, sample_tables, sample_engagement, tmp_path):
    statement = found.statements[0]
    wrong = replace(statement, plans=(replace(statement.plans[0], paid=statement.plans[0].paid + Decimal("0.01")),))
    for broken in (
        replace(found, statements=(wrong, *found.statements[1:])),
        replace(found, checks=(found.checks[0] | {"people": found.checks[0]["people"] + 1},)),
        replace(found, checks=(found.checks[0] | {"accounts_apart": ["A001"]},)),
    ):
        with pytest.raises(KamError, match="do not agree"):
            write_statements(broken, sample_tables, sample_engagement, tmp_path / "out", language="en", rule="half_up")
    assert not (tmp_path / "out").exists()


def test_the_samples_own_book_pays_salary_by_score_and_shares_at_the_end_of_the_year(sample_tables, sample_engagement):
    found = {statement.person: statement for statement in pay_run(sample_tables, sample_engagement, period="2026Q2").statements}
    salary, shares = found["M01"].plans
    score = next(step.places["score"] for step in salary.steps if step.id == "score")
    base = Decimal(next(row["base_salary"] for row in rows("managers") if row["manager_id"] == "M01"))
    wanted = base / Decimal("0.7") * Decimal("0.3") / 4 * (Decimal("0.5") + (score - 60) / 40 * Decimal("0.5"))
    assert abs(salary.paid - wanted) <= Decimal("0.005") and shares.note == "at_year_end" and shares.paid is None
    assert found["M05"].total == sum(pay.paid for pay in found["M05"].plans) and found["M05"].plans[1].paid == 15_000


@pytest.mark.parametrize(
    ("period", "why"),
    [
        ("2026Q3", "is not over"),
        ("2026H1", "a period reads like"),
        ("2026-05-01/2026-04-01", "ends on or after"),
        ("2026-02-30/2026-04-01", "span of days"),
    ],
)
def test_a_period_that_cannot_be_paid_is_refused(sample_tables, sample_engagement, period, why):
    with pytest.raises(KamError, match=why) as refused:
        pay_run(sample_tables, sample_engagement, period=period)
    assert refused.value.code == "KAM-C05"


def test_what_cannot_be_paid_says_why(sample_tables, sample_engagement):
    plans = (plan(), plan("commission_margin"), plan("commission_cash"), plan("own_rate", id="own"), plan("annual_salary"))
    notes = defaultdict(set)
    bare = replace(
        sample_tables,
        frames={name: frame for name, frame in sample_tables.frames.items() if name not in ("managers", "targets", "payments")},
    )
    for pay in (
        pay for statement in pay_run(bare, sample_engagement, period="2026Q2", book=book(*plans)).statements for pay in statement.plans
    ):
        notes[pay.plan.id].add((pay.note, pay.paid))
    assert notes["commission_revenue"] == notes["commission_margin"] == {("no_quota", None)}
    assert notes["commission_cash"] == {("no_cash", None)} and notes["annual_salary"] == {("no_salary", None)}
    without = replace(
        sample_tables, frames=sample_tables.frames | {"managers": sample_tables["managers"].assign(commission_rate=float("nan"))}
    )
    found = pay_run(without, sample_engagement, period="2026Q2", book=book(plan("own_rate")))
    assert {pay.note for statement in found.statements for pay in statement.plans} == {"no_own_rate"}


def test_cash_and_margin_are_credited_like_revenue(sample_tables, sample_engagement):
    paid = sum(Decimal(row["amount"]) for row in rows("payments") if "2026-04-01" <= row["paid_on"] <= "2026-06-30")
    found = pay_run(sample_tables, sample_engagement, period="2026Q2", book=book(plan("commission_cash"), plan("commission_margin")))
    checks = {check["base"]: check for check in found.checks}
    euros = {row["invoice_id"] for row in rows("invoices") if row["account_id"] in IN_EUROS}
    home = sum(
        Decimal(row["amount"])
        for row in rows("payments")
        if "2026-04-01" <= row["paid_on"] <= "2026-06-30" and row["invoice_id"] not in euros
    )
    assert float(home) <= float(checks["cash"]["lines"]) and paid > 0
    gained = sum(
        Decimal(row["net_revenue"]) - Decimal(row["cost"])
        for row in rows("orders")
        if "2026-04-01" <= row["order_date"] <= "2026-06-30" and row["cost"] and row["account_id"] not in IN_EUROS
    )
    credits = [credit for statement in found.statements for credit in statement.plans[1].credits if credit.account_id not in IN_EUROS]
    assert sum(credit.amount for credit in credits) == Fraction(gained)


def test_a_team_shares_one_commission(sample_tables, sample_engagement):
    team = {"plan": "commission_revenue", "shares": {"M01": 2, "M02": 1}}
    found = pay_run(sample_tables, sample_engagement, period="2026Q2", book=book(plan(), default=[], teams={"north": team}))
    parts = {statement.person: statement.plans[0] for statement in found.statements if statement.plans}
    pool = next(step.places["pool"] for step in parts["M01"].steps if step.id == "team_share")
    assert sum(part.paid for part in parts.values()) == pool and abs(parts["M01"].paid - 2 * parts["M02"].paid) <= Decimal("0.02")
    require_sums(found)


def deal(order_id, day, amount, *, returns_of=None):
    return {"account_id": "A", "order_id": order_id, "order_date": pd.Timestamp(day), "net_revenue": amount, "returns_of": returns_of}


@pytest.mark.parametrize("returns", ["own_period", "clawback"])
def test_F66_a_return_is_taken_once(bench_tables, returns):
    tables, engagement = bench_tables(
        deal("1", "2026-02-01", 1_100_000.0), deal("2", "2026-05-01", 500_000.0), deal("3", "2026-05-02", -200_000.0, returns_of="1"),
        deal("4", "2026-03-01", -50_000.0, returns_of="1"),
    )  # fmt: skip
    found = pay_run(tables, engagement, period="2026Q2", book=book(plan(returns=returns)))
    (pay,) = found.statements[0].plans
    first_quarter = pay_run(tables, engagement, period="2026Q1", book=book(plan(returns=returns))).statements[0].plans[0]
    assert first_quarter.paid == 13_500  # 1,050,000 of 1,000,000
    # own period: 300,000 at 1 %. Clawed back: 5,000 on 500,000, less 13,500 - 9,000 - 0.05 (850,000 pays 8,000 + 1,000)
    assert pay.paid == (3_000 if returns == "own_period" else 5_000 - (13_500 - 9_000))
    require_sums(found)


@pytest.fixture
def bench_tables(sample_engagement):
    from kamlib.data.tables import Tables

    def make(*deals):
        orders = pd.DataFrame(deals).astype({"returns_of": "str"}).assign(cost=float("nan"), manager_id=None, line="1")
        accounts = pd.DataFrame({"account_id": ["A"], "manager_id": ["M1"], "name": ["A"]})
        targets = pd.DataFrame(
            {"scope": "manager", "id": "M1", "metric": "revenue_amount", "period": ["2026Q1", "2026Q2"], "target": 1_000_000.0}
        )
        frames = {"orders": orders, "accounts": accounts, "targets": targets}
        mapped = {name: frozenset(frame.columns) - {"cost"} for name, frame in frames.items()}
        return Tables(frames, mapped, as_of=sample_engagement.as_of), sample_engagement

    return make


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pay") / "out"
    result = CliRunner().invoke(cli, ["pay", str(ROOT / "params/sample.yaml"), "--period", "2026Q2", "--lang", "zh", "--out", str(folder)])
    assert result.exit_code == 0, result.output
    return folder, result.output


def test_the_command_writes_a_page_and_a_workbook_per_person_for_their_eyes_only(written):
    folder, output = written
    assert "difference 0.00" in output and "pool" in output
    assert len(list(folder.glob("acct_m0*.html"))) == len(list(folder.glob("acct_m0*.xlsx"))) == 6
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir() if path.suffix)
    page = next(folder.glob("acct_m05*.html")).read_text(encoding="utf-8")
    assert page.rstrip().endswith("<!-- kam:end -->") and "薪酬结算单" in page and "<script" not in page and "default-src 'none'" in page
    assert not re.search(r"\d\.\d{5}", page), "no figure of more than four places"


def test_the_workbooks_formulas_give_the_figures_beside_them(written, sample_tables, sample_engagement):
    folder, _ = written
    found = pay_run(sample_tables, sample_engagement, period="2026Q2")
    for statement in found.statements:
        path = next(folder.glob(f"acct_{statement.person.lower()}_*.xlsx"))
        live, cached = (openpyxl.load_workbook(path, data_only=data_only).worksheets[0] for data_only in (False, True))
        total = max(row for row in range(1, cached.max_row + 1) if cached.cell(row, 5).value is not None)
        assert cached.cell(total, 5).value == float(statement.total) and str(live.cell(total, 5).value).startswith("=")
        for row in range(1, total):
            formula = live.cell(row, 5).value
            if isinstance(formula, str) and (product := re.fullmatch(r"=B(\d+)\*D\1", formula)):
                number = int(product[1])
                assert cached.cell(number, 2).value * cached.cell(number, 4).value == pytest.approx(cached.cell(row, 5).value)
    summary = openpyxl.load_workbook(folder / "pay.xlsx", data_only=True)
    assert summary.worksheets[0].cell(8, 3).value == float(found.pool) and summary.worksheets[1].cell(2, 6).value == 0


def test_no_name_is_a_formula(sample_tables, sample_engagement, tmp_path):
    managers = sample_tables["managers"].assign(name='=HYPERLINK("http://x","pay")')
    accounts = sample_tables["accounts"].assign(name="=1+1<script>")
    tables = replace(sample_tables, frames=sample_tables.frames | {"managers": managers, "accounts": accounts})
    found = pay_run(tables, sample_engagement, period="2026Q2")
    for path in write_statements(found, tables, sample_engagement, tmp_path, language="en", rule="half_up"):
        if path.suffix == ".xlsx":
            cells = [cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row]
            assert all(cell.hyperlink is None for cell in cells)
            assert not any(cell.data_type == "f" and ("HYPERLINK" in str(cell.value) or "1+1" in str(cell.value)) for cell in cells)
        else:
            assert "<script" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_step_has_its_words(found, language):
    for statement in found.statements:
        for line in lines(statement.plans[0], currency="CNY", language=language):
            assert line.words and "{" not in line.words
    assert money(Fraction(-5, 1000), currency="CNY", language=language) in ("¥0.00", "−¥0.01")


@pytest.fixture(scope="module")
def adventureworks():
    engagement = load_engagement(ROOT / "params/adventureworks.yaml")
    return read(engagement), engagement


@pytest.mark.skipif(not SHARED.exists(), reason="AdventureWorks is not there: the published totals of its sellers are NOT compared")
class TestAdventureWorks:
    @pytest.mark.parametrize(
        ("person", "orders", "total"), [("276", 418, "10367007.4265"), ("277", 473, "10065803.5404")], ids=["linda3", "jillian0"]
    )
    def test_the_order_s_own_seller_gets_the_credit_and_published_totals_match(self, adventureworks, person, orders, total):
        tables, engagement = adventureworks
        found = pay_run(tables, engagement, period="2011-05-31/2014-05-31")
        pay = next(statement for statement in found.statements if statement.person == person).plans[0]
        sold = tables["orders"].loc[tables["orders"]["manager_id"] == person]
        assert sold["order_id"].nunique() == orders and {credit.by for credit in pay.credits} == {"order"}
        # Line totals carry six places, the published order totals four: half of the last place for each order at most.
        assert abs(sum(credit.amount for credit in pay.credits) - Fraction(total)) <= Fraction(orders, 20_000)
        assert sum(credit.lines for credit in pay.credits) == len(sold)

    def test_a_quarter_of_seventeen_sellers_adds_up(self, adventureworks):
        tables, engagement = adventureworks
        found = pay_run(tables, engagement, period="2014-03-01/2014-05-31")
        require_sums(found)
        assert len(found.statements) == 17 and found.pool == Decimal("128563.30") and found.checks[0]["unpaid"] == 0
        jae = next(statement for statement in found.statements if statement.name == "Jae Pak")
        assert jae.total == Decimal("20588.36")  # 1,029,417.840892 at 2 %; 77 % of the quota earns no bonus
