"""The template process: everything imported once; each account gets a copy of it, which renders it and ends.

Run by `kamlib.render.workers` as ``python -m kamlib.render.template``. It reads one JSON line per account from
standard input and writes one when an account has started and one when it has ended; it never starts a thread, so that
its copies are sound. It ends, and with it everything that it has started, when its input closes or its parent ends.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import psutil

from kamlib.render.startup import adopt_orphans, die_with_parent, import_ipykernel_quickly, import_jsonschema_quickly
from kamlib.render.supervise import LOG_NAME, stop_children, stop_tree

STAGE_VARIABLE = "KAM_STAGE"


def main(parent_id: int) -> int:
    """Warm up, then serve until the input closes or the parent ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    told = os.dup(1)
    os.dup2(2, 1)
    try:
        die_with_parent(parent_id, by=signal.SIGTERM)
        adopt_orphans()
        warm()
        signal.signal(signal.SIGTERM, lambda *_: None)
        with contextlib.suppress(BrokenPipeError):
            _tell(told, {"ready": os.getpid()})
            serve(0, told, parent_id)
    finally:
        stop_children()
        shutil.rmtree(os.environ["JUPYTER_RUNTIME_DIR"], ignore_errors=True)
    return 0


def warm() -> None:
    """Import and cache whatever every workbook needs."""
    import_jsonschema_quickly()
    import_ipykernel_quickly()
    from kamlib.render.inprocess import warm_kernel

    with warm_kernel().shell.builtin_trap:
        from kamlib.render.warmth import gather
    gather()
    gc.collect()
    gc.freeze()


def serve(asked: int, told: int, parent_id: int) -> None:
    """Start a copy for each line of the input and tell how each ends.

    Parameters
    ----------
    asked, told : int
        File descriptors. A line ``{"stage": …, "memory_bytes": …, "file_bytes": …}`` starts a copy.
    parent_id : int
        The process to serve; its end is told by a signal, which ends this too.
    """
    running: dict[int, str] = {}
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    left = b""
    with selectors.DefaultSelector() as selector:
        selector.register(asked, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select()}
            if woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(woken, 4096)
                _reap(running, told)
                if os.getppid() != parent_id:
                    return
            if asked in ready:
                read = os.read(asked, 65536)
                if not read:
                    return
                *lines, left = (left + read).split(b"\n")
                for line in lines:
                    process_id = _start(json.loads(line), keep_out=(asked, told, woken, wake, selector.fileno()))
                    running[process_id] = json.loads(line)["stage"]
                    _tell(told, {"started": running[process_id], "process": process_id})


def _start(order: dict, keep_out: tuple[int, ...]) -> int:
    """Copy this process; the copy does the job and never returns."""
    template_id = os.getpid()
    process_id = os.fork()
    if process_id:
        return process_id
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent(template_id, by=signal.SIGKILL)
        _settle(order, keep_out)
        from kamlib.render import job

        code = job.main(Path(order["stage"]) / "job.json", engine="kamlib")
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(BaseException):
            sys.stderr.flush()
        os._exit(code)


def _settle(order: dict, keep_out: tuple[int, ...]) -> None:
    """Make the copy a process of its own: session, signals, files, limits, chance."""
    import resource

    import numpy as np

    stage = order["stage"]
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.umask(0o077)
    os.chdir(stage)
    log, nothing = os.open(LOG_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), os.open(os.devnull, os.O_RDONLY)
    for number in keep_out[1:]:
        os.close(number)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ[STAGE_VARIABLE] = os.environ["TMPDIR"] = tempfile.tempdir = stage
    resource.setrlimit(resource.RLIMIT_DATA, (_private_bytes() + order["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    np.random.seed()


def _private_bytes() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData"))


def _reap(running: dict[int, str], told: int) -> None:
    """Tell of every copy that has ended, after what it has left behind is gone."""
    while True:
        try:
            process_id, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not process_id:
            return
        stage = running.pop(process_id, None)
        if stage is None:
            continue
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process_id, signal.SIGKILL)
        for orphan in _orphans(running, stage):
            stop_tree(orphan.pid)
        code = os.waitstatus_to_exitcode(status)
        seconds = round(usage.ru_utime + usage.ru_stime, 3)
        _tell(told, {"ended": stage, "code": code, "cpu_seconds": seconds, "peak_bytes": usage.ru_maxrss * 1024})


def _orphans(running: dict[int, str], stage: str) -> list[psutil.Process]:
    """Find what a copy has started in a session of its own: it falls to this process when the copy ends."""
    found = []
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if process.pid not in running and (process.environ().get(STAGE_VARIABLE) == stage or process.cwd().startswith(stage)):
                found.append(process)
    return found


def _tell(told: int, message: dict) -> None:
    os.write(told, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
