"""A batch tells the truth: what is done is whole, what failed says why, and nobody suffers from a neighbour."""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import nbformat
import psutil
import pytest

from kamlib.checks import EXIT_INTERRUPTED, EXIT_SOME_FAILED, KamError
from kamlib.packs import file_stem
from kamlib.render import ledger
from kamlib.render.batch import RunSummary, run_batch
from kamlib.render.folder import STAGING_NAME, only_run, publish, require_space, writable
from kamlib.render.ledger import Key
from kamlib.render.proof import why_unfinished
from kamlib.render.supervise import stoppable
from kamlib.render.workers import ENGINES, Copies, Kernels
from tests.faults.stops import StopAt

KILLED = {
    Copies: "Its process was stopped by the system (SIGKILL); it was killed, or ran out of memory.",
    Kernels: "The notebook's process died before it finished; it was killed, or ran out of memory.",
}
GOOD = ["A", "a", "caf\u00e9", "cafe\u0301", "../../etc/x"]
BAD = {
    "1:raise": "Cell 4 stopped with ValueError: no margin is known for this account",
    "2:exit": "Cell 4 stopped with SystemExit: 0",
    "3:kill": KILLED,
    "4:hang": "A cell ran longer than 8 seconds and was stopped.",
    "5:no mark": "The last cell did not set the completion mark.",
    "6:thread": "Cell 4: a thread stopped with KeyError: 'nothing'",
    "7:memory": "Cell 4 needed more memory than an account may have.",
    "8:flood": "The notebook put out more than 50 MB and was stopped.",
    "9:huge": "The notebook put out more than 50 MB and was stopped.",
    "10:file": "Cell 4 stopped with OSError: [Errno 27] File too large",
    "11:blank": "Cell 4 shows an empty figure.",
    "12:small": "It lacks what its template declares: words.",
    "13:unbuildable": "Its figures could not be put together: ArithmeticError: its orders contradict each other",
}
SET_ASIDE = {"14": 'orders.csv, line 3, column "net_revenue": "inf" is not finite.'}


@pytest.fixture(scope="session")
def run(workers):
    """Return what runs a batch on workers of each engine."""

    def run_on_workers(batch, build, ids, **more) -> RunSummary:
        with only_run(batch.folder):
            return run_batch(batch, build, ids, workers, set_aside={}, **more)

    return run_on_workers


@pytest.fixture(scope="module")
def mixed(tmp_path_factory, make_batch, build, workers) -> RunSummary:
    batch = make_batch(tmp_path_factory.mktemp("mixed").resolve())
    with only_run(batch.folder):
        return run_batch(batch, build, [GOOD[0], *BAD, *GOOD[1:]], workers, set_aside=SET_ASIDE)


def files_of(summary: RunSummary) -> dict[str, Path]:
    return {record.account_id: summary.folder / record.files["ipynb"]["path"] for record in summary.done}


@pytest.mark.parametrize(("account_id", "reason"), [*BAD.items(), *SET_ASIDE.items()])
def test_every_failure_is_told_with_its_reason(mixed, workers, account_id, reason):
    told = {record.account_id: record.reason for record in mixed.failed}[account_id]
    assert told == (reason if isinstance(reason, str) else reason[type(workers)])


def test_nobody_suffers_from_a_neighbour(mixed):
    assert {record.account_id for record in mixed.done} == set(GOOD)
    assert {record.account_id for record in mixed.failed} == {*BAD, *SET_ASIDE}
    assert mixed.exit_code == EXIT_SOME_FAILED


def test_a_failed_account_leaves_no_file_under_a_final_name(mixed):
    assert set(mixed.folder.rglob("*.ipynb")) == set(files_of(mixed).values())


def test_the_ledger_says_what_the_summary_says(mixed):
    assert list(ledger.read_ledger(mixed.folder).values()) == mixed.records


def test_what_is_done_is_whole_and_as_recorded(mixed):
    for record in mixed.done:
        assert ledger.is_intact(mixed.folder, record)
        assert why_unfinished(json.loads(files_of(mixed)[record.account_id].read_text("utf-8"))) is None


def test_a_delivered_notebook_names_no_path_time_or_process(mixed):
    text = files_of(mixed)["A"].read_text("utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert str(mixed.folder) not in text and "papermill" not in json.dumps([notebook.metadata, [cell.metadata for cell in notebook.cells]])
    given = next(cell for cell in notebook.cells if "injected-parameters" in cell.metadata.get("tags", []))
    assert 'pack = ""' in given.source and 'account_id = "A"' in given.source and given.execution_count


def test_any_id_becomes_a_file_of_its_own_inside_the_folder(mixed):
    paths = files_of(mixed).values()
    assert all(path.resolve().is_relative_to(mixed.folder) for path in paths)
    folded = {unicodedata.normalize("NFC", path.name.casefold()) for path in paths}
    assert len(folded) == len(GOOD)
    assert files_of(mixed)["../../etc/x"].name == "acct_etc-x_56da1a2ef2df.ipynb"


@pytest.mark.skipif(os.name == "nt", reason="rights of POSIX")
def test_only_the_user_can_read_what_is_delivered(mixed):
    for path in files_of(mixed).values():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_nothing_is_left_in_staging_and_the_log_of_a_failure_is_kept(mixed):
    assert not (mixed.folder / STAGING_NAME).exists()
    assert "ValueError" in (mixed.folder / "logs" / f"{file_stem('1:raise')}.log").read_text("utf-8")


def test_a_second_run_renders_nothing_again_but_what_has_changed(tmp_path, make_batch, build, run):
    batch = make_batch(tmp_path.resolve())
    first = run(batch, build, ["A", "B"])
    files_of(first)["B"].write_text("tampered with")
    second = run(batch, build, ["A", "B"])
    assert second.unchanged == ["A"] and [record.account_id for record in second.done] == ["B"]
    assert files_of(second)["B"].read_text("utf-8") != "tampered with"
    changed = run(batch, lambda account_id: build(account_id) | {"rows": {"orders": int(account_id == "A")}}, ["A"])
    assert [record.account_id for record in changed.done] == ["A"]


def test_what_has_not_changed_is_rendered_again_when_asked(tmp_path, make_batch, build, run):
    batch = make_batch(tmp_path.resolve(), fresh=True)
    assert [run(batch, build, ["A"]).unchanged, run(batch, build, ["A"]).unchanged] == [[], []]


def test_a_failure_leaves_the_earlier_workbook_as_it_was(tmp_path, make_batch, build, run):
    batch = make_batch(tmp_path.resolve())
    good = files_of(run(batch, build, ["A"]))["A"]
    before = good.read_bytes()
    failed = run(batch, lambda account_id: build(account_id) | {"act": "raise"}, ["A"])
    assert failed.failed and good.read_bytes() == before


def test_an_account_over_its_time_is_stopped_with_its_processes(tmp_path, make_batch, build, run):
    folder = tmp_path.resolve()
    summary = run(make_batch(folder, account_seconds=5, cell_seconds=60), build, ["4:hang", "5:deaf"])
    for record in summary.failed:
        assert record.reason == "It ran longer than 5 seconds and was stopped."
        assert 5 <= record.seconds < 15
    assert len(summary.failed) == 2 and no_process_of(folder)


def test_what_a_notebook_starts_ends_with_it(tmp_path, make_batch, build, run):
    folder = tmp_path.resolve()
    assert run(make_batch(folder), build, ["A:daemon"]).done
    assert no_process_of(folder)


def no_process_of(folder: Path) -> bool:
    """Wait up to five seconds until no process of a run is left, kernels included."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline", "cwd"])]
        inside = [process for process in psutil.process_iter(["cwd"]) if str(process.info["cwd"]).startswith(str(folder / STAGING_NAME))]
        if not inside and not any(str(folder / STAGING_NAME) in " ".join(command) for command in commands):
            return True
        time.sleep(0.1)
    return False


RUN_IN_A_PROCESS = """
import sys
from contextlib import closing
from pathlib import Path
from kamlib.render.batch import Batch, run_batch
from kamlib.render.folder import only_run
from kamlib.render.workers import start_workers
folder, template, acts = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].split(",")
batch = Batch(folder, template, "Test", "p.yaml", "2026-06-30", {}, formats=("ipynb",))
with only_run(folder), closing(start_workers(sys.argv[4])) as workers:
    build = lambda name: {"act": name.split("-")[0], "account": {"name": name}}
    summary = run_batch(batch, build, acts, workers, set_aside={}, report=lambda so_far: print(len(so_far.records), flush=True))
sys.exit(summary.exit_code)
"""


def started(folder: Path, template: Path, acts: str, engine: str) -> subprocess.Popen:
    command = [sys.executable, "-c", RUN_IN_A_PROCESS, str(folder), str(template), acts, engine]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("engine", ENGINES)
def test_an_interrupted_run_leaves_nothing_running_and_is_taken_up_again(tmp_path, template, how, engine):
    folder = tmp_path.resolve()
    with started(folder, template, "work-1,hang-1,hang-2", engine) as child:
        assert child.stdout.readline() == "1\n"
        with pytest.raises(KamError, match=f"process {child.pid}, started"), only_run(folder):
            pass
        child.send_signal(how)
        assert child.wait(timeout=15) == (EXIT_INTERRUPTED if how != signal.SIGKILL else -signal.SIGKILL)
    assert no_process_of(folder) and not list(Path("/tmp").glob(f"kam-{child.pid}-*"))
    with started(folder, template, "work-1,work-2", engine) as child:
        assert child.stdout.read() == "1\n"
    assert {record.account_id for record in ledger.read_ledger(folder).values()} == {"work-1", "work-2"}


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_stop_at_any_step_of_leaving_the_folder_leaves_nothing_in_staging(tmp_path):
    @stoppable()
    def run(stop: StopAt) -> None:
        with only_run(tmp_path):
            (tmp_path / STAGING_NAME / "A1").mkdir(parents=True)
            stop.begin()
        stop.end()

    def ends_whole(stop: StopAt) -> bool:
        try:
            run(stop)
        except KeyboardInterrupt:
            return False
        return True

    stops = 0
    gc.disable()  # Python drops an exception of a signal's handler that comes while it collects garbage
    try:
        while not ends_whole(StopAt(stops + 1)):
            stops += 1
            assert not (tmp_path / STAGING_NAME).exists(), f"step {stops}"
    finally:
        gc.enable()
    assert stops > 50


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    root, elsewhere = (tmp_path / "out").resolve(), tmp_path / "elsewhere"
    root.mkdir(), elsewhere.mkdir()
    (root / "account_workbook").symlink_to(elsewhere)
    (root / "a.html").write_text("page")
    with pytest.raises(KamError, match="leads out of the output folder"):
        publish([root / "a.html"], root / "account_workbook" / "en-internal", root)
    assert not list(elsewhere.iterdir())


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KamError, match="cannot be written to") as refused:
        writable(tmp_path / "file" / "out")
    assert refused.value.code == "KAM-S01"


def test_a_disk_without_room_is_found_before_the_run(tmp_path):
    with pytest.raises(KamError, match=r"MB free; 1000000000 accounts need about 1,000,000,000 MB"):
        require_space(tmp_path, 10**9)


def test_the_same_account_gives_the_same_bytes_and_languages_are_kept_apart(mixed, tmp_path, make_batch, build, run):
    batch = make_batch(tmp_path.resolve())
    english = files_of(run(batch, build, ["A"]))["A"]
    assert run(make_batch(batch.folder, language="zh"), build, ["A"]).done
    assert english.read_bytes() == files_of(mixed)["A"].read_bytes()
    assert list(ledger.read_ledger(batch.folder)) == [Key("A", "account_workbook", language, "internal") for language in ("en", "zh")]


def test_a_workbook_far_off_the_others_is_suspect_and_delivered(tmp_path, make_batch, build, run):
    batch = make_batch(tmp_path.resolve())
    summary = run(batch, lambda name: build(name) | {"act": "work", "pages": 4_000 if name == "X" else 1}, [*"ABCDEFGH", "X"])
    assert [record.account_id for record in summary.suspect] == ["X"] and len(summary.done) == 9
    assert re.fullmatch(r"It is [0-9.]+ times as large as the others\.", summary.suspect[0].doubt)
    assert {key.account_id: bool(found.doubt) for key, found in ledger.read_ledger(batch.folder).items()}["X"]
    assert run(batch, lambda name: build(name) | {"act": "work", "pages": 4_000 if name == "X" else 1}, ["X"]).unchanged == ["X"]
