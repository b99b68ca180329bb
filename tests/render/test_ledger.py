"""What the ledger says is done is done, whatever a crash has left in it."""

from __future__ import annotations

import json

import pytest

from kamlib.render import ledger
from kamlib.render.ledger import DONE, FAILED, Key, Record

KEY = Key("A1", "account_workbook", "en", "internal")


def record(status: str = DONE, **more) -> Record:
    return Record(*KEY, "Test", "2026-06-30", status, **more)


def test_the_last_record_of_an_account_counts(tmp_path):
    ledger.append(tmp_path, record(FAILED, reason="no margin"))
    ledger.append(tmp_path, record(DONE, input_hash="1"))
    assert ledger.read_ledger(tmp_path) == {KEY: record(DONE, input_hash="1")}


def test_a_folder_without_a_ledger_has_no_records(tmp_path):
    assert ledger.read_ledger(tmp_path) == {}


@pytest.mark.parametrize("bytes_lost", [1, 2, 40, 120, 200])
def test_a_torn_last_line_counts_as_not_written(tmp_path, bytes_lost):
    ledger.append(tmp_path, record(FAILED, reason="first"))
    ledger.append(tmp_path, record(DONE, input_hash="2"))
    both = (tmp_path / ledger.LEDGER_NAME).read_bytes()
    (tmp_path / ledger.LEDGER_NAME).write_bytes(both[:-bytes_lost])
    assert ledger.read_ledger(tmp_path)[KEY].reason == "first"


def test_what_follows_a_torn_line_is_read_after_mending(tmp_path):
    ledger.append(tmp_path, record(FAILED))
    with open(tmp_path / ledger.LEDGER_NAME, "ab") as torn:
        torn.write(b'{"account_id": "A1", "sta')
    ledger.mend(tmp_path)
    ledger.append(tmp_path, record(DONE, input_hash="3"))
    assert ledger.read_ledger(tmp_path)[KEY].input_hash == "3"


def test_a_line_of_another_make_is_passed_over(tmp_path):
    (tmp_path / ledger.LEDGER_NAME).write_bytes(b'{"status": "done"}\n[1]\nnot json\n')
    assert ledger.read_ledger(tmp_path) == {}


def test_a_line_from_before_costs_and_doubts_were_kept_is_read(tmp_path):
    ledger.append(tmp_path, record(input_hash="4"))
    line = json.loads((tmp_path / ledger.LEDGER_NAME).read_text("utf-8"))
    older = {name: value for name, value in line.items() if name not in ("cpu_seconds", "peak_bytes", "doubt")}
    assert len(older) == len(line) - 3
    (tmp_path / ledger.LEDGER_NAME).write_text(json.dumps(older) + "\n", "utf-8")
    assert ledger.read_ledger(tmp_path) == {KEY: record(input_hash="4")}


@pytest.mark.parametrize(
    ("content", "intact"),
    [
        pytest.param(b"whole", True, id="as written"),
        pytest.param(b"wholf", False, id="one letter changed"),
        pytest.param(b"whol", False, id="one letter short"),
        pytest.param(None, False, id="removed"),
    ],
)
def test_a_file_is_compared_with_its_record(tmp_path, content, intact):
    (tmp_path / "a.html").write_bytes(b"whole")
    done = record(files={"html": {"path": "a.html", **ledger.fingerprint(tmp_path / "a.html")}})
    (tmp_path / "a.html").unlink() if content is None else (tmp_path / "a.html").write_bytes(content)
    assert ledger.is_intact(tmp_path, done) is intact


def test_a_failed_record_is_never_intact(tmp_path):
    assert not ledger.is_intact(tmp_path, record(FAILED))
