"""A JupyterLab of our own command, and a browser in it that keeps what it complains of and whom it calls."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.faults.ground import Finding, NotRun

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/lab\S*token=\w+")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
START_SECONDS, PANEL_MILLISECONDS, CLOSE_SECONDS = 60, 180_000, 20
PRIVATE = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")
HOME = {"HTTP_PROXY": "", "HTTPS_PROXY": "", "http_proxy": "", "https_proxy": "", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


@dataclass
class Seen:
    """What a browser met on the way.

    Parameters
    ----------
    errors : list of str
        On the console, and from scripts.
    hosts : set of str
        To which requests went.
    """

    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)


def browser() -> str:
    """Return the browser of this machine."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise NotRun("no Chromium on this machine: nothing was seen in a browser")
    return found


@contextmanager
def served(words: list[str], folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Start a command of kam that opens JupyterLab, give its address and process, and see that it closes with all its kernels."""
    port = _free_port()
    private = {name: str(folder / name.lower()) for name in PRIVATE}
    command = [sys.executable, "-m", "kamlib", *words, "--no-browser", "--port", str(port)]
    log = folder / "lab.log"
    with log.open("w") as sink:
        server = psutil.Popen(command, cwd=ROOT, env=os.environ | HOME | private, stdout=sink, stderr=subprocess.STDOUT)
    try:
        yield _address(log, server), server
    finally:
        kernels = server.children(recursive=True) if server.is_running() else []
        server.send_signal(signal.SIGINT)
        server.wait(CLOSE_SECONDS)
        _, alive = psutil.wait_procs(kernels, timeout=CLOSE_SECONDS)
        for process in alive:
            process.kill()
        assert not alive, f"{len(alive)} kernels outlived the command"


@contextmanager
def chromium() -> Iterator[object]:
    """Give the browser, driven from here."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def page(address: str) -> Iterator[tuple[object, Seen]]:
    """Open an address in the browser, give the page and what it meets."""
    seen = Seen()
    with chromium() as opened:
        view = opened.new_page(viewport={"width": 1500, "height": 1100}, locale="en-GB")
        view.on("console", lambda said: seen.errors.append(f"{said.text} {said.location.get('url')}") if said.type == "error" else None)
        view.on("pageerror", lambda error: seen.errors.append(str(error)))
        view.on("request", lambda request: seen.hosts.add(re.sub(r"^\w+://([^/:]+).*", r"\1", request.url)))
        view.set_default_timeout(PANEL_MILLISECONDS)
        view.goto(address)
        view.wait_for_selector(".jp-NotebookPanel-toolbar")
        yield view, seen


@contextmanager
def waits_told(found: Finding) -> Iterator[None]:
    """Make a wait that ran out a finding, so that the other trials go on."""
    from playwright.sync_api import TimeoutError as RanOut

    try:
        yield
    except RanOut as late:
        found.broken.append(f"waited in vain: {str(late)[:300]}")


def run_all(view) -> None:
    """Choose Run All Cells, as a reader does who never saw code."""
    view.wait_for_selector("#jp-main-statusbar:has-text('| Idle')")  # before that Lab asks which kernel
    view.get_by_role("menuitem", name="Run", exact=True).click()
    view.locator(".lm-Menu-item[data-command='runmenu:run-all']").click()


def restart_and_run_all(view) -> None:
    """Choose Restart Kernel and Run All Cells, and confirm."""
    view.get_by_role("menuitem", name="Kernel", exact=True).click()
    view.locator(".lm-Menu-item[data-command='runmenu:restart-and-run-all']").click()
    view.locator(".jp-Dialog-button.jp-mod-accept").click()


def met(seen: Seen) -> list[str]:
    """Return what a page complained of, and whom it called outside this machine."""
    asked = re.compile(r"status of 404 .*http://127\.0\.0\.1:\d+/(lab/)?api/")  # Lab asks for settings and drafts that may not be there
    called = sorted(host for host in seen.hosts - {"127.0.0.1"} if host)
    return [f"the console says: {error[:200]}" for error in seen.errors if not asked.search(error)] + [
        f"it called {host}" for host in called
    ]


def kernel_bytes(server: psutil.Process) -> int:
    """Return the memory of the largest kernel below a server."""
    return max(process.memory_info().rss for process in server.children(recursive=True) if "ipykernel" in " ".join(process.cmdline()))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _address(log: Path, server: psutil.Process) -> str:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.is_running():
        found = ADDRESS.search(log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start: {log.read_text(encoding='utf-8', errors='replace')[-1500:]}")
