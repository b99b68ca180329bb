"""The notebook kernel of the engine ``kernel``: IPython's own, without a port that others on the machine could open.

Jupyter finds it as ``python3`` by ``kernels/python3/kernel.json`` beside this file.
"""

from __future__ import annotations

import os

import zmq
from zmq.eventloop.zmqstream import ZMQStream

from kamlib.render.startup import import_ipykernel_quickly

import_ipykernel_quickly()

from ipykernel import kernelapp  # noqa: E402
from ipykernel.iostream import IOPubThread  # noqa: E402


class PrivateOutput(IOPubThread):
    """A kernel's output, where copies of the kernel's process send theirs through a file that only this user can open."""

    def _setup_pipe_in(self) -> None:
        self._pipe_uuid = os.urandom(16)
        self._pipe_address = f"ipc://{os.environ['JUPYTER_RUNTIME_DIR']}/copies"
        pipe = self.socket.context.socket(zmq.PULL)
        pipe.linger = 0
        pipe.bind(self._pipe_address)
        self._pipe_in = ZMQStream(pipe, self.io_loop)
        self._pipe_in.on_recv(self._handle_pipe_msg)

    def _setup_pipe_out(self) -> tuple[zmq.Context, zmq.Socket]:
        context = zmq.Context()
        pipe = context.socket(zmq.PUSH)
        pipe.linger = 3000
        pipe.connect(self._pipe_address)
        return context, pipe


if __name__ == "__main__":
    if os.name != "nt":
        kernelapp.IOPubThread = PrivateOutput
    kernelapp.launch_new_instance()
