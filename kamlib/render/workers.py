"""The two kinds of workers: copies of one warm template process, or a new process with a notebook kernel per account."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from kamlib.checks import KamError
from kamlib.render.folder import write_private
from kamlib.render.supervise import LOG_NAME, Exit, Workers, stop_tree, undisturbed

ENGINES = ("fork", "kernel")
MEGABYTE = 1_000_000
MEMORY_BYTES, FILE_BYTES = 2_000 * MEGABYTE, 200 * MEGABYTE
POLL_SECONDS = 0.05
FALSE_STARTS = 3


def start_workers(engine: str = "") -> Workers:
    """Start the workers of an engine.

    Parameters
    ----------
    engine : str
        ``fork``, ``kernel``, or blank: ``fork`` where a warm process may be copied, which macOS and Windows do not allow.

    Returns
    -------
    Workers

    Raises
    ------
    KamError
        ``KAM-R07``: this system has no such engine.
    """
    engine = engine or ("fork" if sys.platform == "linux" else "kernel")
    if engine not in ENGINES or (engine == "fork" and sys.platform != "linux"):
        raise KamError("KAM-R07", "is no engine of this system", "use kernel, or leave it out", value=engine)
    return Copies() if engine == "fork" else Kernels()


class Copies:
    """Jobs as copies of a template process, which is started at once and warms up while the caller does something else.

    Parameters
    ----------
    memory_bytes : int
        What a job may allocate beyond the template.
    file_bytes : int
        How large a file of a job may grow.
    """

    def __init__(self, *, memory_bytes: int = MEMORY_BYTES, file_bytes: int = FILE_BYTES) -> None:
        self.limits = {"memory_bytes": memory_bytes, "file_bytes": file_bytes}
        self.processes: dict[Path, int] = {}
        self.ended: dict[Path, Exit] = {}
        self.selector = selectors.DefaultSelector()
        self.false_starts = 0
        self.template = self.runtime = None
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    @undisturbed()
    def _begin(self) -> None:
        self.runtime = Runtime()
        self.template = subprocess.Popen(
            [sys.executable, "-m", "kamlib.render.template", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(self.runtime.path),
            start_new_session=True,
            umask=0o077,
        )
        os.set_blocking(self.template.stdout.fileno(), False)
        self.selector.register(self.template.stdout, selectors.EVENT_READ)
        self.left = b""

    def start(self, stage: Path) -> None:
        with suppress(BrokenPipeError):
            self.template.stdin.write(json.dumps({"stage": str(stage), **self.limits}).encode() + b"\n")
            self.template.stdin.flush()
        while stage not in self.processes and stage not in self.ended:
            if not self._hear(None):
                self.ended[stage] = Exit(None)

    def wait(self, seconds: float) -> dict[Path, Exit]:
        if not self.ended:
            self._hear(seconds)
        ended, self.ended = self.ended, {}
        return ended

    def _hear(self, seconds: float | None) -> bool:
        """Take in what the template has to tell; return whether it is still there."""
        if not self.selector.select(seconds):
            return True
        read = self.template.stdout.read()
        if not read:
            self._begin_anew()
            return False
        *lines, self.left = (self.left + read).split(b"\n")
        for message in map(json.loads, lines):
            if "ready" in message:
                self.false_starts = 0
            elif "started" in message:
                self.processes[Path(message["started"])] = message["process"]
            elif "ended" in message:
                stage = Path(message["ended"])
                del self.processes[stage]
                self.ended[stage] = Exit(message["code"], message["cpu_seconds"], message["peak_bytes"])
        return True

    def _begin_anew(self) -> None:
        """Replace a template that was killed: its copies die with it, and nobody knows how far they were.

        Raises
        ------
        KamError
            ``KAM-S06``: one after the other ended before it was ready.
        """
        self._end()
        self.false_starts += 1
        if self.false_starts == FALSE_STARTS:
            why = f"the process that renders ended {FALSE_STARTS} times before it was ready"
            raise KamError("KAM-S06", why, "run kam doctor; see whether the system is short of memory")
        self.ended |= dict.fromkeys(self.processes, Exit(None))
        self.processes = {}
        self._begin()

    def stop(self, stage: Path) -> None:
        if stage in self.processes:
            stop_tree(self.processes[stage])

    @undisturbed()
    def close(self) -> None:
        self._end()
        self.selector.close()

    @undisturbed()
    def _end(self) -> None:
        if self.template:
            self.selector.unregister(self.template.stdout)
            stop_tree(self.template.pid)
            self.template.wait()
            self.template.stdout.close()
            with suppress(BrokenPipeError):
                self.template.stdin.close()
        if self.runtime:
            self.runtime.close()
        self.template = self.runtime = None


class Kernels:
    """Jobs as new processes, each of which starts a notebook kernel: slower, and the same on every system.

    Parameters
    ----------
    memory_bytes, file_bytes : int
        As for `Copies`; not kept on Windows.
    """

    def __init__(self, *, memory_bytes: int = MEMORY_BYTES, file_bytes: int = FILE_BYTES) -> None:
        self.limits = {"KAM_MEMORY_BYTES": str(memory_bytes), "KAM_FILE_BYTES": str(file_bytes)}
        self.processes: dict[Path, tuple[subprocess.Popen, Runtime]] = {}

    @undisturbed()
    def start(self, stage: Path) -> None:
        write_private(stage / LOG_NAME, "")
        runtime = Runtime()
        with open(stage / LOG_NAME, "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "kamlib.render.job", "job.json"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=stage,
                env=_environment(runtime.path) | self.limits,
                start_new_session=True,
                umask=0o077,
            )
        self.processes[stage] = process, runtime

    def wait(self, seconds: float) -> dict[Path, Exit]:
        until = time.monotonic() + seconds
        while True:
            ended = {stage: Exit(self._end(stage)) for stage, (process, _) in list(self.processes.items()) if process.poll() is not None}
            if ended or time.monotonic() > until:
                return ended
            time.sleep(POLL_SECONDS)

    def stop(self, stage: Path) -> None:
        stop_tree(self.processes[stage][0].pid)

    @undisturbed()
    def close(self) -> None:
        for stage in list(self.processes):
            self.stop(stage)
            self._end(stage)

    @undisturbed()
    def _end(self, stage: Path) -> int:
        process, runtime = self.processes.pop(stage)
        process.stdin.close()
        code = process.wait()
        runtime.close()
        return code


class Runtime:
    """A private folder for sockets and settings, removed by the next run if this one is killed: a lock says who is alive."""

    def __init__(self) -> None:
        base = "/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir()  # a socket's path may not exceed about 100 bytes
        for left in Path(base).glob("kam-[0-9]*-*") if os.name != "nt" else ():
            handle = _hold(left)
            if handle is not None:
                _remove(left, handle)
        self.handle = None
        while self.handle is None:
            self.path = tempfile.mkdtemp(prefix=f"kam-{os.getpid()}-", dir=base)
            self.handle = _hold(self.path)

    def close(self) -> None:
        """Remove it."""
        _remove(self.path, self.handle)


def _hold(folder: str | Path) -> int | None:
    """Return a lock on a folder; None if another process has it or has removed the folder."""
    if os.name == "nt":
        return os.open(os.devnull, os.O_RDONLY)  # folders cannot be locked there
    import fcntl

    try:
        handle = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.stat(folder)
    except OSError:
        os.close(handle)
        return None
    return handle


def _remove(folder: str | Path, handle: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(handle)


def _environment(runtime: str) -> dict[str, str]:
    """Return the settings of a job: nothing of the user's own notebooks gets in or is written to, one thread each."""
    kept = {name: value for name, value in os.environ.items() if name not in {"MPLBACKEND", "PYTHONWARNINGS"}}
    return kept | {
        "JUPYTER_RUNTIME_DIR": runtime,
        "JUPYTER_PATH": str(Path(__file__).parent),
        "IPYTHONDIR": str(Path(runtime) / "ipython"),
        "TMPDIR": runtime,
        "PYTHONUTF8": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
