"""A kernel inside this process: IPython's own, with its messages handed straight to nbclient instead of through sockets."""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from queue import Empty
from types import SimpleNamespace
from typing import Any as Anything

from ipykernel.ipkernel import IPythonKernel
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from IPython.core.pylabtools import activate_matplotlib, select_figure_formats
from IPython.core.shellapp import InteractiveShellApp
from jupyter_client.session import Session
from nbclient.exceptions import DeadKernelError
from papermill.log import logger
from traitlets import Any
from traitlets.config import Config

from kamlib.render.engine import OutOfTime, TooMuchOutput
from kamlib.render.streams import Below, Stream

AGAIN_SECONDS = 1.0
INLINE = "module://matplotlib_inline.backend_inline"
DRAWN_BY = ("backend", "interactive")


class HandedOver(Session):
    """A session whose messages reach a function of this process, as they would look after the wire."""

    receive = Any(None)

    def send(self, stream, msg_or_type, content=None, parent=None, ident=None, buffers=None, track=False, header=None, metadata=None):
        """Hand a message over; the arguments are the base class's."""
        given = isinstance(msg_or_type, dict)
        message = msg_or_type if given else self.msg(msg_or_type, content, parent=parent, header=header, metadata=metadata)
        packed = self.pack(message["content"])
        message["content"], message["buffers"] = self.unpack(packed), list(buffers or message.get("buffers") or [])
        if self.receive:
            self.receive(message, len(packed))
        return message


class Kernel(IPythonKernel):
    """IPython's kernel without threads, sockets and a queue of its own."""

    def __init__(self, **given: object) -> None:
        super().__init__(**given)
        self.shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())
        self.io_loop = SimpleNamespace(add_callback=_call_soon, call_later=lambda *_: None, stop=None)

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """Nothing is queued."""

    def _publish_status(self, *_: object, **__: object) -> None:
        """Nobody watches while a cell runs; that it is idle again is said by `Channels`."""


def _call_soon(callback: Callable[[], object]) -> None:
    asyncio.get_running_loop().call_soon_threadsafe(callback)


class Queue(deque):
    """Messages that wait for nbclient."""

    async def get_msg(self, timeout: float | None = None) -> dict:
        """Return the next message, as a channel does."""
        await asyncio.sleep(0)
        if not self:
            raise Empty
        return self.popleft()


class Channels:
    """A kernel client as nbclient uses one; ``execute`` returns when the cell has ended."""

    allow_stdin = False

    def __init__(self, kernel: Kernel, *, limit_seconds: float | None, output_bytes: int) -> None:
        self.kernel, self.session = kernel, kernel.session
        self.limit_seconds, self.bytes_left = limit_seconds, output_bytes
        self.output_bytes = output_bytes
        self.iopub_channel, self.shell_channel, self.to_kernel = Queue(), Queue(), deque()
        self.shell_channel.send = self.to_kernel.append
        self.flooded = False
        self.context = contextvars.copy_context()
        kernel.session.receive = self.receive

    def receive(self, message: dict, size: int) -> None:
        """Take a message of the kernel.

        Raises
        ------
        TooMuchOutput
            The notebook has put out more than it may; this and all further output is dropped.
        """
        if message["header"]["msg_type"].endswith("_reply"):
            self.shell_channel.append(message)
            return
        self.bytes_left -= size
        if self.bytes_left < 0:
            self.flooded = True
            raise TooMuchOutput(self.output_bytes)
        self.iopub_channel.append(message)

    async def execute(self, code: str, *, store_history: bool = True, stop_on_error: bool = True) -> str:
        """Run a cell and return the id of the request.

        Raises
        ------
        DeadKernelError
            An earlier cell has called ``exit()``.
        OutOfTime, TooMuchOutput
            It ran longer, or has put out more, than it may.
        """
        if self.kernel.shell.exit_now:
            raise DeadKernelError("Kernel died")
        while self.to_kernel:
            waiting = self.to_kernel.popleft()
            self.kernel.shell_handlers[waiting["header"]["msg_type"]](None, [b""], waiting)
        asked = {"code": code, "silent": False, "store_history": store_history, "user_expressions": {}}
        request = self.session.msg("execute_request", asked | {"allow_stdin": False, "stop_on_error": stop_on_error})
        self.session.send(None, "status", {"execution_state": "busy"}, parent=request)
        self.context.run(self.kernel.set_parent, [b""], request)
        with time_limit(self.limit_seconds) as ran_over:
            await asyncio.get_running_loop().create_task(self.kernel.execute_request(None, [b""], request), context=self.context)
        if ran_over:
            raise OutOfTime
        if self.flooded:
            raise TooMuchOutput(self.output_bytes)
        self.session.send(None, "status", {"execution_state": "idle"}, parent=request)
        return request["header"]["msg_id"]

    def kernel_info(self) -> str:
        """Ask for what the kernel says of itself."""
        request = self.session.msg("kernel_info_request")
        self.session.send(None, "kernel_info_reply", self.kernel.kernel_info, parent=request)
        return request["header"]["msg_id"]


@contextmanager
def opened(*, limit_seconds: float | None, output_bytes: int) -> Iterator[Channels]:
    """Give a fresh session of this process's kernel, with standard output and error led to it.

    Parameters
    ----------
    limit_seconds : float or None
        Wall time of a cell.
    output_bytes : int
        What all cells together may put out.

    Yields
    ------
    Channels
    """
    with process_put_back():
        kernel, below = warm_kernel(), Below()
        channels = Channels(kernel, limit_seconds=limit_seconds, output_bytes=output_bytes)
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = Stream.pair(kernel, below)
        below.start()
        try:
            yield channels
        finally:
            below.stop()
            forget(kernel)


@contextmanager
def process_put_back() -> Iterator[None]:
    """Give a notebook settings as of a new process, and put back afterwards what this process had."""
    root, main = logging.getLogger(), sys.modules["__main__"]
    places = [(sys, name) for name in ("stdout", "stderr", "displayhook", "breakpointhook", "path")]
    places += [(root, "handlers"), (logger, "handlers"), (logger, "propagate")]
    before, level = [getattr(*place) for place in places], root.level
    sys.path, root.handlers, logger.handlers, logger.propagate = [*sys.path], [], [*logger.handlers, *root.handlers], False
    root.setLevel(logging.WARNING)
    sys.breakpointhook = lambda *_, **__: None
    InteractiveShellApp.init_path(SimpleNamespace(ignore_cwd=False))
    warm_kernel().shell.history_manager.dir_hist[:] = [Path.cwd()]
    import matplotlib.pyplot

    matplotlib.pyplot.close("all")
    now, new = matplotlib.rcParams, matplotlib.rcParamsOrig
    try:
        with matplotlib.rc_context({name: new[name] for name in new if name not in DRAWN_BY and now[name] != new[name]}):
            yield
    finally:
        sys.modules["__main__"] = main
        root.setLevel(level)
        for place, value in zip(places, before, strict=True):
            setattr(*place, value)


@cache
def warm_kernel() -> Kernel:
    """Make the kernel of this process; a copy of the process has its own."""
    os.environ.setdefault("MPLBACKEND", INLINE)
    config = Config()
    config.HistoryManager.enabled = False
    home = tempfile.mkdtemp(prefix="kam-profile-")
    profile = ProfileDir.create_profile_dir(home)
    given = {"session": HandedOver(key=b"", username="kernel"), "log": logging.Logger(__name__, logging.CRITICAL)}
    kernel = Kernel.instance(config=config, profile_dir=profile, user_ns=None, **given)
    shutil.rmtree(home, ignore_errors=True)
    kernel.shell.displayhook.topic = None
    kernel.shell.enable_gui = lambda gui=None: setattr(kernel.shell, "active_eventloop", gui)
    if os.environ["MPLBACKEND"] == INLINE:
        draw_inline(kernel.shell)
    return kernel


def draw_inline(shell: InteractiveShell) -> None:
    """Have matplotlib show its figures in the notebook."""
    from matplotlib_inline.backend_inline import configure_inline_support
    from matplotlib_inline.config import InlineBackend

    InlineBackend.clear_instance()
    activate_matplotlib(INLINE)
    configure_inline_support(shell, "inline")
    backend = InlineBackend.instance()
    select_figure_formats(shell, backend.figure_formats, **backend.print_figure_kwargs)


def forget(kernel: Kernel) -> None:
    """Let the next notebook have a new kernel."""
    kernel.session.receive = None
    atexit.unregister(kernel.shell.atexit_operations)
    warm_kernel.cache_clear()
    kernel.shell.clear_instance()
    kernel.clear_instance()


@contextmanager
def time_limit(seconds: float | None) -> Iterator[list[bool]]:
    """Stop what runs in the main thread when its time is over; the list is not empty then."""
    ran_over: list[bool] = []
    if not seconds or threading.current_thread() is not threading.main_thread():
        yield ran_over
        return

    def stop(*_: Anything) -> None:
        ran_over.append(True)
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)
    try:
        yield ran_over
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
