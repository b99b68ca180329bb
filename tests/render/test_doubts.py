"""D09 to D11 on the way from the file to the page: rendered, said to be n/a, and listed; never inf, NaN or minus 150 %."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from kamlib.cli import cli

HEAD = "order_id,line,account_id,order_date,product,quantity,net_revenue\n"
PARAMS = """\
schema: 1
name: Few
as_of: 2026-06-30
currency: EUR
tables:
  accounts: {file: accounts.csv}
  orders: {file: orders.csv}
"""
OLD = "0,1,A1,2024-01-15,nut,1,900.00\n"
CASES = {
    "credit notes only (D09)": (OLD + "1,1,A9,2026-05-02,nut,-1,-1200.00\n2,1,A9,2024-09-02,nut,-1,-800.00\n", "A9", "revenue is below 0"),
    "nothing last year (D10)": (OLD + "1,1,A9,2026-05-02,nut,1,5000.00\n", "A9", "growth reads new"),
    "a sole account (D11)": ("1,1,A1,2026-05-02,nut,1,100.00\n", "A1", "n/a (n<5)"),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_rendered_and_the_run_says_what_is_not_there(case, tmp_path):
    orders, account_id, told = CASES[case]
    (tmp_path / "engagement.yaml").write_text(PARAMS)
    (tmp_path / "orders.csv").write_text(HEAD + orders)
    names = dict.fromkeys(("A1", account_id))
    (tmp_path / "accounts.csv").write_text("account_id,name\n" + "".join(f"{name},Firm {name}\n" for name in names))
    run = ["render", str(tmp_path / "engagement.yaml"), "--accounts", account_id, "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(cli, run)
    assert result.exit_code == 0 and "KAM-C03" in result.stderr and told in result.stderr, result.output
    page = next(Path(tmp_path / "out").glob("account_workbook/*/*.html")).read_text("utf-8")
    page = re.sub('base64,[^"]*', "", page)
    for never in (">nan", ">inf", "NaN", "−150", "None<", "NaT"):
        assert never not in page
    if "D10" in case:
        assert ">new<" in page.replace("\n", "")
