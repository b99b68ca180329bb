"""The two engines that papermill is given: ``kamlib`` runs cells in its own process, ``kamlib-kernel`` in a notebook kernel's."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import zmq
from nbclient.exceptions import CellTimeoutError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.log import logger

from kamlib.render.startup import import_ipykernel_quickly

IN_PROCESS, IN_KERNEL = "kamlib", "kamlib-kernel"
MEGABYTE = 1_000_000
OUTPUT_BYTES = 50 * MEGABYTE


class OutOfTime(BaseException):
    """A cell ran longer than it may; not an Exception, so that a cell's own ``except Exception`` does not swallow it."""


class TooMuchOutput(RuntimeError):
    """A notebook put out more than it may."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The notebook put out more than {limit_bytes // MEGABYTE} MB and was stopped.")


class InProcessClient(PapermillNotebookClient):
    """papermill's client with the kernel of its own process at the other end."""

    @contextmanager
    def setup_kernel(self, **_: object) -> Iterator[None]:
        """Open the kernel for the time of one notebook."""
        import_ipykernel_quickly()
        from kamlib.render.inprocess import opened

        with opened(limit_seconds=self.timeout, output_bytes=OUTPUT_BYTES) as channels:
            self.km, self.kc = SimpleNamespace(is_alive=lambda: True), channels
            yield


class InKernelClient(PapermillNotebookClient):
    """papermill's client, which interrupts a kernel that floods it."""

    bytes_left = OUTPUT_BYTES

    def process_message(self, msg: dict, cell, cell_index: int):
        """Keep a message as long as there is room."""
        content = msg["content"]
        if self.bytes_left >= 0:
            self.bytes_left -= len(content.get("text", "")) + sum(len(str(part)) for part in content.get("data", {}).values())
            if self.bytes_left < 0:
                asyncio.ensure_future(self.km.interrupt_kernel())
        if self.bytes_left < 0 and msg["msg_type"] != "status":
            return None
        self.kc.shell_channel.socket.get(zmq.EVENTS)  # a widget's message, sent past asyncio, hides that the reply has come
        return super().process_message(msg, cell, cell_index)

    def papermill_execute_cells(self) -> None:
        """Run the cells.

        Raises
        ------
        TooMuchOutput
            Together they put out more than they may.
        """
        super().papermill_execute_cells()
        if self.bytes_left < 0:
            raise TooMuchOutput(OUTPUT_BYTES)


class InProcessEngine(Engine):
    """papermill's engine ``kamlib``: a fresh namespace in this process instead of a new kernel per notebook.

    Examples
    --------
    On the command line: ``papermill --engine kamlib in.ipynb out.ipynb``.
    """

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, execution_timeout=None, start_timeout=None, input_path=None, **more):
        """Run the cells; papermill calls this.

        Raises
        ------
        CellTimeoutError
            A cell ran longer than `execution_timeout` seconds.
        DeadKernelError
            There are cells after one that has called ``exit()``.
        TooMuchOutput
            The notebook put out more than it may.
        KamError
            ``KAM-R07``: not on Linux.
        """
        if sys.platform != "linux":
            from kamlib.checks import KamError

            raise KamError("KAM-R07", "is no engine of this system", f"use {IN_KERNEL}", value=IN_PROCESS)
        client = InProcessClient(nb_man, kernel_name=kernel_name, log=logger, timeout=execution_timeout, **more)
        try:
            return client.execute()
        except OutOfTime:
            raise CellTimeoutError(f"A cell ran longer than {execution_timeout} seconds and was stopped.") from None


class InKernelEngine(Engine):
    """papermill's engine ``kamlib-kernel``: a new notebook kernel per notebook, with the same limits."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, execution_timeout=None, start_timeout=60, input_path=None, **more):
        """Run the cells; papermill calls this.

        Raises
        ------
        CellTimeoutError, DeadKernelError, TooMuchOutput
            A cell ran too long, the kernel died, or the notebook put out more than it may.
        """
        limits = {"timeout": execution_timeout, "startup_timeout": start_timeout}
        return InKernelClient(nb_man, kernel_name=kernel_name, log=logger, **limits, **more).execute()


papermill_engines.register(IN_PROCESS, InProcessEngine)
papermill_engines.register(IN_KERNEL, InKernelEngine)
