"""The command does what its help says, refuses in words, and ends with the exit code of the case."""

from __future__ import annotations

import csv
import json
import os
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from kamlib.cli import ROOT, cli
from kamlib.cli.lab import TOPICS
from kamlib.data.sample import DEMO_ACCOUNTS
from kamlib.render.batch import RunSummary
from kamlib.render.folder import only_run
from kamlib.render.ledger import read_ledger
from kamlib.workshop import TOPICS as PANELS

PARAMS = """\
schema: 1
name: Test client
as_of: 2026-06-30
currency: EUR
tables:
  accounts: {file: accounts.csv}
  orders: {file: orders.csv}
"""
ACCOUNTS = 'account_id,name\nA1,"=HYPERLINK(""http://x/"",1)"\n-2,<b>Second</b>\nA3,Third Ltd\n'
ORDER_COLUMNS = "order_id,line,account_id,order_date,product,quantity,net_revenue\n"
ORDERS = "O1,1,A1,2026-01-15,P,1,100.10\nO2,1,A1,2026-05-15,P,1,200.10\nO3,1,-2,2026-03-15,P,1,300.10\n"


@pytest.fixture
def params(tmp_path: Path) -> Path:
    """Return the engagement file of three accounts and three orders; the last account has none."""
    (tmp_path / "accounts.csv").write_text(ACCOUNTS)
    (tmp_path / "orders.csv").write_text(ORDER_COLUMNS + ORDERS)
    (tmp_path / "test.yaml").write_text(PARAMS)
    return tmp_path / "test.yaml"


def kam(*words: object) -> Result:
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def spoil(params: Path, *rows: str) -> None:
    """Add rows to the orders."""
    with open(params.with_name("orders.csv"), "a") as orders:
        orders.write("".join(f"{row}\n" for row in rows))


def test_check_gives_totals_that_reconcile_to_the_last_digit(params):
    result = kam("check", params, "--json")
    found = json.loads(result.stdout)
    orders = found["tables"]["orders"]
    assert result.exit_code == 0 and found["active_accounts"] == 2 and found["problems"] == []
    assert Decimal(orders["sums"]["net_revenue"]) == Decimal("600.30")
    assert {name: orders[name] for name in ("rows_read", "rows_used", "rows_filtered", "rows_duplicate", "rows_refused")} == {
        "rows_read": 3,
        "rows_used": 3,
        "rows_filtered": 0,
        "rows_duplicate": 0,
        "rows_refused": 0,
    }
    assert (orders["accounts"], orders["orders"], orders["first_date"], orders["last_date"]) == (2, 3, "2026-01-15", "2026-05-15")


def test_check_says_the_same_to_a_reader(params):
    shown = kam("check", params).stdout
    assert "orders: 3 rows read = 3 used, 0 filtered, 0 duplicate, 0 refused" in shown
    assert "2 accounts, 3 orders, 2026-01-15 to 2026-05-15" in shown and "sum of net_revenue: 600.3" in shown


def test_an_account_that_is_set_aside_is_told_and_the_rest_goes_on(params):
    spoil(params, "O9,1,A3,2026-05-01,P,1,inf")
    result = kam("check", params, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 3 and found["set_aside"] == ["A3"] and found["problems"][0]["line"] == 5
    assert found["tables"]["orders"]["rows_refused"] == 1
    result = kam("score", params, "--out", params.with_name("scores.csv"))
    assert result.exit_code == 3 and "Set aside: A3: orders.csv, line 5" in result.stderr


def test_invalid_input_is_listed_by_file_at_most_twenty_times_and_nothing_is_touched(params, tmp_path):
    (tmp_path / "accounts.csv").write_text(ACCOUNTS + "".join(f"A{number},again\nA{number},again\n" for number in range(10, 35)))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "index.html").write_text("of yesterday")
    result = kam("render", params, "--out", tmp_path / "out")
    assert result.exit_code == 2 and result.stdout == ""
    assert "accounts.csv: 25 problems" in result.stderr and "in all: KAM-K01 in account_id: 25" in result.stderr
    assert result.stderr.count("KAM-K01  ") == 20 and "nothing was written" in result.stderr
    assert (tmp_path / "out" / "index.html").read_text() == "of yesterday"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"index.html", ".lock"}
    as_json = kam("check", params, "--json")
    assert as_json.exit_code == 2 and len(json.loads(as_json.stdout)["problems"]) == 25


def test_what_one_setting_mends_is_one_line_with_some_of_its_values(params):
    params.with_name("orders.csv").write_text(
        ORDER_COLUMNS + ORDERS + "".join(f"P{n},1,A{n},2026-05-01,P,1,{n}万\n" for n in range(10, 40))
    )
    accounts = "".join(f"A{number},Firm {number}\n" for number in range(10, 40))
    params.with_name("accounts.csv").write_text(ACCOUNTS + accounts)
    result = kam("check", params)
    assert result.exit_code == 3 and "orders.csv: 30 problems" in result.stderr
    assert result.stderr.count("KAM-V01") == 1 and "Fix: add 万: 10000 to tables.orders.unit_suffixes.\n" in result.stderr
    assert '… and 29 more like it, such as "11万" (line 6), "12万" (line 7)' in result.stderr and "in all" not in result.stderr
    assert len(json.loads(kam("check", params, "--json").stdout)["problems"]) == 30


def test_scores_in_csv_are_safe_to_open(params, tmp_path):
    assert kam("score", params, "--out", tmp_path / "scores.csv").exit_code == 0
    with open(tmp_path / "scores.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["level", "id", "metric", "value", "text", "unit", "coverage", "note"]
    assert {row["id"] for row in rows if row["level"] == "account"} == {"A1", "'-2", "A3"}
    revenue = {row["id"]: row["value"] for row in rows if row["metric"] == "revenue_amount" and row["level"] == "account"}
    assert Decimal(revenue["A1"]) == Decimal("300.2") and Decimal(revenue["'-2"]) == Decimal("300.1")


def test_scores_in_parquet_keep_every_text(params, tmp_path):
    assert kam("score", params, "--out", tmp_path / "scores.parquet").exit_code == 0
    frame = duckdb.read_parquet(str(tmp_path / "scores.parquet")).df()
    assert set(frame.loc[frame["level"] == "account", "id"]) == {"A1", "-2", "A3"}


def test_scores_in_another_format_are_refused(params, tmp_path):
    result = kam("score", params, "--out", tmp_path / "scores.xlsx")
    assert result.exit_code == 2 and "ends neither in .csv nor in .parquet" in result.stderr


def test_score_without_a_file_shows_the_portfolio(params):
    assert "revenue_amount" in kam("score", params).stdout


def test_explain_gives_a_receipt(params):
    shown = kam("explain", params, "A1", "revenue_amount").stdout
    assert "A1" in shown and "300.2 amount" in shown and "orders: 2" in shown and "source" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["explain", "A4", "growth_rate"], "is not an account of this engagement", id="account"),
        pytest.param(["explain", "A1", "growht_rate"], "use one of growth_rate", id="metric"),
        pytest.param(["render", "--accounts", "A4"], "look at -2, A1, A3", id="account to render"),
        pytest.param(["render", "--where", "colour=red"], "neither a column of the accounts table nor a metric", id="column"),
        pytest.param(["render", "--where", "segment"], "COLUMN=VALUE", id="condition"),
        pytest.param(["render", "--to", "html,docx"], "docx cannot be rendered", id="format"),
        pytest.param(["render", "--lang", "fr"], "'fr' is not one of 'en', 'zh'", id="language"),
        pytest.param(["render", "--speed", "high"], "No such option", id="option"),
        pytest.param(["render", "--engine", "steam"], "'steam' is not one of 'fork', 'kernel'", id="engine"),
        pytest.param(["render", "--edition", "public"], "'public' is not", id="edition"),
        pytest.param(["render", "--notebook", "manager_review", "--edition", "customer"], "is made for internal", id="whose edition"),
    ],
)
def test_a_mistake_in_the_command_is_told_and_nothing_is_rendered(params, tmp_path, words, said):
    more = ["--out", tmp_path / "out"] if words[0] == "render" else []
    result = kam(words[0], params, *words[1:], *more)
    assert result.exit_code == 2 and said in result.stderr
    assert not list((tmp_path / "out").rglob("*.html"))


def test_an_engagement_file_that_is_not_there_is_told(tmp_path):
    assert kam("check", tmp_path / "none.yaml").exit_code == 2


def test_a_folder_in_use_ends_with_the_code_for_trouble_with_the_machine(params, tmp_path):
    (tmp_path / "out").mkdir()
    with only_run(tmp_path / "out"):
        result = kam("render", params, "--out", tmp_path / "out")
    assert result.exit_code == 5 and "is being written to by another run" in result.stderr


def test_a_folder_that_cannot_be_made_ends_the_same_way(params, tmp_path):
    (tmp_path / "file").write_text("")
    assert kam("render", params, "--out", tmp_path / "file" / "out").exit_code == 5


def test_render_makes_a_workbook_and_the_page_that_lists_it(params, tmp_path):
    spoil(params, "O9,1,A3,2026-05-01,P,1,inf")
    result = kam("render", params, "--accounts", "A1,A3", "--lang", "zh", "--out", tmp_path / "out")
    assert result.exit_code == 3, result.stderr
    records = {key.account_id: record for key, record in read_ledger(tmp_path / "out").items()}
    assert records["A1"].status == "done" and set(records["A1"].files) == {"html", "ipynb"}
    assert records["A3"].status == "failed" and "inf" in records["A3"].reason
    page = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert records["A1"].files["html"]["path"] in page and "=HYPERLINK(&#34;" in page
    assert result.stdout.splitlines()[0] == "1 rendered, 0 unchanged, 1 failed" and result.stdout.splitlines()[1].endswith("index.html")
    frame = duckdb.read_parquet(str(tmp_path / "out" / "scores.parquet")).df()
    assert set(frame["level"]) == {"account", "manager", "portfolio"}
    again = kam("render", params, "--accounts", "A1", "--lang", "zh", "--out", tmp_path / "out")
    assert again.stdout.startswith("0 rendered, 1 unchanged, 0 failed") and again.exit_code == 0


@pytest.mark.parametrize(("words", "accounts"), [([], DEMO_ACCOUNTS), (["--all"], ())], ids=["six stories", "all"])
def test_demo_renders_the_sample(monkeypatch, tmp_path, words, accounts):
    asked = {}

    def render(engagement, **settings):
        asked.update(settings, engagement=engagement)
        return RunSummary(settings["out"])

    monkeypatch.setattr("kamlib.render.run.render", render)
    result = kam("demo", "--lang", "zh", "--out", tmp_path, *words)
    assert result.exit_code == 0 and result.stdout.endswith(f"{tmp_path / 'index.html'}\n")
    assert asked["engagement"] == ROOT / "params" / "sample.yaml" and asked["engagement"].is_file()
    assert list(asked["accounts"]) == list(accounts) and asked["language"] == "zh"


@pytest.fixture
def served(monkeypatch, tmp_path):
    """What JupyterLab would be started with; nothing is started, and nothing is written outside the test's folder."""
    calls = []
    module = sys.modules["kamlib.cli.lab"]  # the command of that name hides it
    monkeypatch.setattr(module, "FOLDER", tmp_path / "workshop")
    monkeypatch.setattr(module.os, "execve", lambda program, command, settings: calls.append((command, settings)))
    return calls


@pytest.mark.skipif(os.name == "nt", reason="Windows starts a child instead")
def test_lab_opens_on_this_machine_only_and_calls_nobody(served, tmp_path):
    (tmp_path / "lesson.ipynb").write_text("{}", encoding="utf-8")
    for words, root, start in (((), ROOT, "/lab/tree/notebooks"), ((tmp_path,), tmp_path, "/lab"),
                               ((tmp_path / "lesson.ipynb",), tmp_path, "/lab/tree/lesson.ipynb")):  # fmt: skip
        assert kam("lab", *words).exit_code == 0
        command, _ = served.pop()
        assert (
            command[1:3] == ["-m", "jupyterlab"] and "--ServerApp.ip=127.0.0.1" in command and not any("token" in word for word in command)
        )
        assert f"--ServerApp.root_dir={root}" in command and f"--LabApp.default_url={start}" in command


@pytest.mark.skipif(os.name == "nt", reason="Windows starts a child instead")
def test_the_workshop_opens_copies_on_an_engagement_or_on_a_practice_client(served, tmp_path, params):
    for words, engagement in (((params,), params), ((), tmp_path / "workshop/practice/sample.yaml")):
        assert kam("workshop", *words, "--topic", "plan", "--by", "Li Na", "--lang", "zh", "--no-browser", "--port", "8901").exit_code == 0
        command, settings = served.pop()
        assert {name: settings[name] for name in ("KAM_ENGAGEMENT", "KAM_WHO", "KAM_LANGUAGE")} == {
            "KAM_ENGAGEMENT": str(engagement), "KAM_WHO": "Li Na", "KAM_LANGUAGE": "zh"
        }  # fmt: skip
        assert {"--LabApp.default_url=/lab/tree/plan.ipynb", "--no-browser", "--ServerApp.port=8901"} <= set(command)
    copied = {path.name for path in (tmp_path / "workshop/notebooks").glob("*.ipynb")}
    assert TOPICS == PANELS and copied == {f"{topic}.ipynb" for topic in TOPICS} == {
        path.name for path in (ROOT / "notebooks/workshop").glob("*.ipynb")
    }
    assert json.loads(next((tmp_path / "workshop/settings").rglob("notification.*")).read_text("utf-8"))["fetchNews"] == "false"


def test_overrides_move_classes_and_wrong_ones_are_refused(params):
    def classes(*options):
        result = kam("score", params, "--out", params.with_name("scores.csv"), *options)
        assert result.exit_code == 0, result.stderr
        rows = csv.DictReader(params.with_name("scores.csv").read_text("utf-8-sig").splitlines())
        return {row["id"]: row["text"] for row in rows if row["metric"] == "abc_class" and row["level"] == "account"}

    assert classes() != classes("--override", "abc.a_share=0.01", "--override", "abc.b_share=0.02")
    result = kam("score", params, "--override", "abc.c_share=0.9")
    assert result.exit_code == 2 and "abc.c_share" in result.stderr
    result = kam("score", params, "--override", "abc.a_share")
    assert result.exit_code == 2 and "is not PATH=VALUE" in result.stderr
