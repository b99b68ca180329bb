"""The Excel workbook: the same cells in openpyxl and LibreOffice, live formulas, texts that stay texts; and the way back into the plan."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib.checks import KamError
from kamlib.cli import cli
from kamlib.data.names import file_stem
from kamlib.data.plan import Plan
from kamlib.data.plan_rows import COLUMNS, action_rows, apply_rows, read_rows
from kamlib.data.plans import read_plan
from kamlib.packs import Pack, PackBuilder, canonical
from kamlib.packs.portfolio import portfolio_pack
from kamlib.playbook import playbook
from kamlib.receipts import is_arithmetic
from kamlib.render.portfolio_xlsx import portfolio_xlsx
from kamlib.render.run import render
from kamlib.render.xlsx import account_xlsx
from kamlib.scores import score
from kamlib.show import reading

ROOT = Path(__file__).resolve().parents[2]
SHEETS = ["Plan on a page", "KPIs", "Actions", "Calendar", "Quarters", "Receipts", "snapshot"]
HOSTILE = ['=HYPERLINK("http://x","y")', "+1+1", "-2", "@SUM(A1)", "http://example.com", "00123", "=cmd|' /C calc'!A0", "\t=1", "#REF!"]
DAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def builder(sample_engagement, sample_tables):
    return PackBuilder(sample_engagement, sample_tables, score(sample_tables, sample_engagement))


def pack_of(builder, account_id="A005"):
    return json.loads(canonical(builder.build(account_id)))


def written(tmp_path, data, language="en"):
    path = tmp_path / "account.xlsx"
    path.write_bytes(account_xlsx(data, language))
    return path


def test_it_has_its_sheets_in_order_and_the_same_bytes_for_the_same_pack(tmp_path, builder):
    data = pack_of(builder)
    path = written(tmp_path, data)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == SHEETS and book["snapshot"].sheet_state == "hidden"
    assert account_xlsx(data, "en") == path.read_bytes()
    assert book["Actions"].auto_filter.ref and len(book["Actions"].data_validations.dataValidation) == 4
    assert len(book["Quarters"]._charts) == 1


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("account_id", ["A001", "A008", "A050", "A046"])
def test_every_account_is_written_in_both_languages(tmp_path, builder, account_id, language):
    book = openpyxl.load_workbook(written(tmp_path, pack_of(builder, account_id), language), data_only=True)
    texts = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert texts and not any(word in ("nan", "None", "#DIV/0!", "#NAME?", "#NUM!") or "{" in word for word in texts)


def test_live_formulas_carry_the_value_that_their_parts_give(tmp_path, builder):
    data, formulas = pack_of(builder), openpyxl.load_workbook(written(tmp_path, pack_of(builder)))["Receipts"]
    account, cached = Pack(data), openpyxl.load_workbook(tmp_path / "account.xlsx", data_only=True)["Receipts"]
    names = {reading.label(account, metric): metric for metric in playbook("metrics")}
    live = 0
    for number, (name, value, *_) in enumerate(formulas.iter_rows(min_row=2, values_only=True), start=2):
        if name is None:
            continue
        metric = names[name]
        known = reading.figure(account, metric)
        if isinstance(value, str) and value.startswith("="):
            live += 1
            assert is_arithmetic(playbook("metrics")[metric]["formula"])
            assert cached.cell(number, 2).value == pytest.approx(known)
        elif known is not None:
            assert value == pytest.approx(known)
    assert live >= 25


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not there: its reading of the workbook is NOT compared")
def test_LibreOffice_computes_the_formulas_anew_and_reads_the_same_cells(tmp_path, builder):
    path = written(tmp_path, pack_of(builder))
    out = tmp_path / "again"
    home = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = ["soffice", home, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    ours, theirs = (openpyxl.load_workbook(file, data_only=True) for file in (path, out / path.name))
    for sheet in ours:
        for row in sheet.iter_rows():
            for cell in row:
                again = theirs[sheet.title][cell.coordinate].value
                if isinstance(cell.value, int | float):
                    assert math.isclose(again or 0, cell.value, rel_tol=1e-9, abs_tol=1e-9), (sheet.title, cell.coordinate)
                elif cell.value not in (None, ""):
                    assert again == cell.value, (sheet.title, cell.coordinate)


def test_foreign_text_is_text_and_ids_stay_text(tmp_path, builder):
    data = pack_of(builder, "A001")
    data["account"]["name"] = HOSTILE[0]
    blank = {"objective": None, "due": None, "done_on": None}
    data["plan"]["actions"] = [blank | {"id": f"0{n}", "text": text, "owner": text} for n, text in enumerate(HOSTILE)]
    book = openpyxl.load_workbook(written(tmp_path, data))
    rows = list(book["Actions"].iter_rows(min_row=2, max_row=1 + len(HOSTILE)))
    assert [(row[0].value, row[1].value, row[2].value) for row in rows] == [(f"0{n}", text, text) for n, text in enumerate(HOSTILE)]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    allowed = {"KPIs", "Receipts"}
    assert all(cell.parent.title in allowed for cell in cells if cell.data_type == "f")
    assert not any(cell.hyperlink for cell in cells) and all(row[1].data_type in ("s", "inlineStr") for row in rows)


@dataclass
class Edited:
    """A workbook that somebody has changed."""

    path: Path

    def set(self, key: str, column: str, value) -> None:
        book = openpyxl.load_workbook(self.path)
        sheet = book["Actions"]
        row = next((row[0].row for row in sheet.iter_rows(min_row=2) if row[0].value == key), None) or self._free(sheet)
        sheet.cell(row, COLUMNS.index(column) + 1).value = value
        book.save(self.path)

    @staticmethod
    def _free(sheet) -> int:
        return next(number for number in range(2, sheet.max_row + 2) if not any(cell.value for cell in sheet[number]))


@pytest.fixture
def engagement(tmp_path):
    folder = tmp_path / "client"
    shutil.copytree(ROOT / "params" / "sample", folder / "sample")
    shutil.copy(ROOT / "params" / "sample.yaml", folder / "sample.yaml")
    return folder / "sample.yaml"


@pytest.fixture
def edited(engagement, tmp_path):
    render(engagement, accounts=["A005"], formats=("html", "ipynb", "xlsx"), jobs=1, out=tmp_path / "out")
    return Edited(next((tmp_path / "out").rglob("*.xlsx")))


def bring_back(engagement, edited, *more):
    return CliRunner().invoke(cli, ["plans", "import", str(engagement), str(edited.path), *more])


def plan_of(engagement, account_id="A005"):
    return read_plan(engagement.parent / "sample" / "plans" / f"{file_stem(account_id)}.yaml")


def test_an_untouched_workbook_changes_nothing(engagement, edited):
    before = plan_of(engagement)
    result = bring_back(engagement, edited)
    assert result.exit_code == 0 and "0 cells changed, 0 conflicts" in result.output and plan_of(engagement) == before


def test_edits_come_back_and_nothing_else_moves(engagement, edited):
    before = plan_of(engagement)
    edited.set("A1", "done_on", datetime(2026, 6, 29))
    edited.set("A2", "owner", "T09")
    edited.set("signal.order_drop", "decision", "accepted")
    edited.set("signal.usage_drop", "decision", "dismissed")
    edited.set("signal.order_rhythm", "text", "Call their planner on Monday")
    edited.set("", "text", "Call the plant")
    result = bring_back(engagement, edited, "--by", "M03")
    assert result.exit_code == 0, result.output
    after = plan_of(engagement)
    assert after.revision == before.revision + 1 and after.beliefs == before.beliefs and after.needs == before.needs
    assert [(a.id, a.done_on) for a in after.actions][0] == ("A1", date(2026, 6, 29)) and after.actions[1].owner == "T09"
    assert after.actions[1].text == before.actions[1].text and after.actions[-1].text == "Call the plant" and after.actions[-1].id == "A3"
    assert {name: (move.state, move.by, move.at) for name, move in after.moves.items()} == {
        "signal.order_drop": ("accepted", "M03", DAY),
        "signal.usage_drop": ("dismissed", "M03", DAY),
        "signal.order_rhythm": ("edited", "M03", DAY),
    }
    again = bring_back(engagement, edited)
    assert "0 cells changed" in again.output, "bringing the same file back twice changes nothing the second time"


def test_a_dismissed_move_is_gone_from_the_next_workbook_and_an_edited_one_has_its_words(engagement, edited, tmp_path):
    edited.set("signal.order_drop", "decision", "dismissed")
    edited.set("signal.usage_drop", "text", "Visit line 2 with their figures")
    assert bring_back(engagement, edited).exit_code == 0
    summary = render(engagement, accounts=["A005"], formats=("html", "ipynb"), jobs=1, out=tmp_path / "next")
    page = (tmp_path / "next" / summary.records[0].files["html"]["path"]).read_text(encoding="utf-8")
    first = page[: page.index('id="what_moved"')]
    assert "Ask those who use our product what has changed" not in first and "Visit line 2 with their figures" in first
    assert "Dismissed until their cause changes: 1." in first


def test_a_conflict_is_listed_and_neither_side_is_lost(engagement, edited):
    path = engagement.parent / "sample" / "plans" / f"{file_stem('A005')}.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("owner: M03", "owner: M07"), encoding="utf-8")
    assert plan_of(engagement).actions[0].owner == "M07"
    edited.set("A1", "owner", "T05")
    edited.set("A2", "text", "Compare on their own line")
    result = bring_back(engagement, edited)
    assert result.exit_code == 3 and "CONFLICT A1  owner: the workbook says T05, the plan says M07" in result.output
    assert plan_of(engagement).actions[0].owner == "M07" and plan_of(engagement).actions[1].text == "Compare on their own line"


def test_a_dry_run_writes_nothing(engagement, edited):
    before = plan_of(engagement)
    edited.set("A1", "owner", "T05")
    assert "would change" in bring_back(engagement, edited, "--dry-run").output and plan_of(engagement) == before


def test_what_is_no_such_workbook_and_what_is_no_date_is_refused_by_place(engagement, edited, tmp_path):
    edited.set("A1", "due", "next week")
    result = bring_back(engagement, edited)
    assert result.exit_code == 3 and 'column "due"' in result.output and "next week" in result.output
    other = tmp_path / "other.xlsx"
    openpyxl.Workbook().save(other)
    with pytest.raises(KamError, match="is no workbook of"):
        read_rows(other)
    (tmp_path / "text.xlsx").write_text("no", encoding="utf-8")
    with pytest.raises(KamError, match="cannot be read as an Excel workbook"):
        read_rows(tmp_path / "text.xlsx")


values = st.one_of(st.none(), st.sampled_from(["x", "y", "z"]))
days = st.one_of(st.none(), st.sampled_from([date(2026, 1, 1), date(2026, 2, 2)]))


def action(**more):
    return {"text": "t", "owner": None, "due": None, "done_on": None, "objective": None} | more


@given(st.tuples(values, days), st.tuples(values, days), st.tuples(values, days))
@settings(max_examples=200)
def test_three_way_merge_by_the_table(base, ours, theirs):
    def plan(owner, due):
        return Plan.model_validate({"schema": 1, "account_id": "A", "actions": [action(id="A1", owner=owner, due=due)]})

    rows = [action_rows({"plan": json.loads(plan(*side).model_dump_json(by_alias=True))}, []) for side in (base, theirs)]
    found = apply_rows(plan(*ours), rows[1], rows[0], by=None, at=DAY)
    merged = found.plan.actions[0]
    for key, old, mine, sheet in zip(("owner", "due"), base, ours, theirs, strict=True):
        expected = mine if sheet in (old, mine) or mine != old else sheet
        assert getattr(merged, key) == expected
        assert (("A1", key, sheet, mine) in found.conflicts) == (sheet not in (old, mine) and mine != old)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_portfolio_as_a_workbook(tmp_path, sample_engagement, sample_tables, language):
    data = json.loads(canonical(portfolio_pack(sample_engagement, sample_tables, score(sample_tables, sample_engagement))))
    data["accounts"]["name"][0] = HOSTILE[0]
    path = tmp_path / "portfolio.xlsx"
    path.write_bytes(portfolio_xlsx(data, language))
    assert portfolio_xlsx(data, language) == path.read_bytes()
    book, cached = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    week, accounts, managers, _ = book.worksheets
    assert accounts.max_row == 62 and accounts.auto_filter.ref and len(accounts._charts) == 1 and managers.max_row == 8
    assert [cell.value for cell in accounts[2]][:2] == [HOSTILE[0], data["accounts"]["account_id"][0]] and accounts["A2"].data_type == "s"
    total = next(cell for cell in accounts[62] if cell.value is not None)
    assert total.value.startswith("=SUBTOTAL(109,")
    assert cached.worksheets[1][total.coordinate].value == pytest.approx(sum(data["accounts"]["revenue_amount"]))
    assert week.max_row > 12
    texts = [str(cell.value) for sheet in cached for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not any(word in ("nan", "None", "#DIV/0!", "#NAME?") or "{" in word for word in texts)


def test_only_accounts_and_the_portfolio_are_workbooks(tmp_path):
    for notebook in ("manager_review", "value_report", "backtest"):
        with pytest.raises(KamError, match="has no Excel workbook"):
            render(ROOT / "params/sample.yaml", notebook=notebook, formats=("xlsx",), out=tmp_path)
