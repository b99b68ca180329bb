"""A notebook of four cells that does what its account pack says, well or badly."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from kamlib.render.batch import Batch
from kamlib.render.workers import Copies, Kernels

PARAMETERS = """\
engagement: str = "params/sample.yaml"
account_id: str = "A1"
as_of: str = ""
language: str = "en"
edition: str = "internal"
pack: str = ""
"""
ACT = """\
import json, os, signal, sys, time
from IPython.display import display
pack_data = json.load(open(pack)) if pack else {"act": "work"}
print(account_id, language)
print("a line of forty letters is put out here "  * pack_data.get("pages", 1))
act = pack_data["act"]
if act == "raise": raise ValueError("no margin is known\\nfor this account")
if act == "exit": sys.exit(0)
if act == "kill": os.kill(os.getpid(), signal.SIGKILL)
if act == "hang": time.sleep(600)
if act == "deaf":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try: time.sleep(600)
        except BaseException: pass
if act == "memory": hoard = [bytearray(50_000_000) for _ in range(1_000)]
if act == "flood":
    while True: print("x" * 1_000)
if act == "huge": print("x" * 60_000_000)
if act == "file": open("large", "wb").write(bytes(300_000_000))
if act == "thread":
    import threading
    thread = threading.Thread(target=lambda: {}["nothing"])
    thread.start(), thread.join()
if act == "blank":
    import io
    from PIL import Image
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(buffer, "png")
    display({"image/png": buffer.getvalue(), "text/plain": ""}, raw=True)
if act == "daemon":
    import subprocess
    subprocess.Popen(["sleep", "300"], start_new_session=True)
if act == "small": pass
else: display({"application/vnd.kamlib+json": {"v": 1, "kind": "section", "id": "words", "title": "w"}, "text/plain": "w"}, raw=True)
"""
DONE = """\
kind = "section" if act == "no mark" else "done"
mark = {"v": 1, "kind": kind, "id": "done", "columns": [], "rows": [], "receipts": []}
display({"application/vnd.kamlib+json": mark, "text/plain": ""}, raw=True)
"""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the notebook's path."""
    cells = [
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}, id="parameters"),
        new_markdown_cell("What follows depends on the account.", id="words"),
        new_code_cell(ACT, id="act"),
        new_code_cell(DONE, id="done"),
    ]
    path = tmp_path_factory.mktemp("templates") / "account_workbook.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kamlib": {"sections": ["words"]}}), path)
    return path


@pytest.fixture(scope="session")
def make_batch(template: Path):
    """Return what makes a batch into a folder."""

    def make(folder: Path, **more) -> Batch:
        settings = {"formats": ("ipynb",), "cell_seconds": 8, "ingredients": {"template": "1"}, **more}
        return Batch(folder=folder, template=template, engagement="Test", params="params/sample.yaml", as_of="2026-06-30", **settings)

    return make


@pytest.fixture(scope="session")
def build():
    """Return what builds an account pack: it tells the notebook to do the id's last word, or to work."""

    def build_one(account_id: str) -> dict:
        act = account_id.split(":")[1] if ":" in account_id else "work"
        if act == "unbuildable":
            raise ArithmeticError("its orders contradict each other")
        return {"account_id": account_id, "account": {"name": None}, "act": act}

    return build_one


@pytest.fixture(scope="session", params=["fork", "kernel"])
def workers(request: pytest.FixtureRequest):
    """Return workers of each engine; they serve one batch after the other."""
    if request.param == "fork" and sys.platform != "linux":
        pytest.skip("a warm process is copied on Linux only")
    with closing({"fork": Copies, "kernel": Kernels}[request.param](memory_bytes=1_000_000_000)) as made:
        yield made
