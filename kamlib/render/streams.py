"""What the cells of a notebook print, by Python and below it, as the messages that a kernel would send."""

from __future__ import annotations

import io
import os
import threading
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipykernel.ipkernel import IPythonKernel

NUMBERS = {"stdout": 1, "stderr": 2}
HOLD_SECONDS = 0.2  # as long as ipykernel.iostream.OutStream
HOLD_CHARACTERS = 1_000_000


class Below:
    """What programs and C libraries write past Python, kept in files in memory."""

    def __init__(self) -> None:
        self.original: dict[int, int] = {}
        self.kept: dict[int, int] = {}
        self.read_up_to = dict.fromkeys(NUMBERS.values(), 0)

    def start(self) -> None:
        for number in self.read_up_to:
            self.original[number] = os.dup(number)
            self.kept[number] = os.memfd_create(f"output-{number}")
            os.dup2(self.kept[number], number)

    def read(self, number: int) -> str:
        """Return what has come since the last time."""
        if number not in self.kept:
            return ""
        start, end = self.read_up_to[number], os.fstat(self.kept[number]).st_size
        self.read_up_to[number] = end
        return os.pread(self.kept[number], end - start, start).decode("utf-8", "replace") if end > start else ""

    def stop(self) -> None:
        for number, original in self.original.items():
            os.dup2(original, number)
            os.close(original)
            os.close(self.kept[number])
        self.original, self.kept = {}, {}


class Stream(io.TextIOBase):
    """Standard output or error of the cells; it holds words back as long as a kernel's does, and so mixes with its twin alike."""

    encoding = "UTF-8"

    def __init__(self, name: str, kernel: IPythonKernel, below: Below) -> None:
        self.name, self.kernel, self.below = name, kernel, below
        self.number, self.process_id = NUMBERS[name], os.getpid()
        self.waiting: list[tuple[dict, str]] = []
        self.size, self.since, self.lock = 0, 0.0, threading.RLock()
        self.twins = [self]

    @classmethod
    def pair(cls, kernel: IPythonKernel, below: Below) -> list[Stream]:
        """Return both streams of a kernel."""
        streams = [cls(name, kernel, below) for name in NUMBERS]
        for stream in streams:
            stream.twins = streams
        return streams

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.below.original[self.number]

    def write(self, words: str) -> int:
        if not isinstance(words, str):
            raise TypeError(f"write() argument must be str, not {type(words)}")
        if os.getpid() != self.process_id:
            os.write(self.number, words.encode("utf-8", "replace"))
            return len(words)
        now = monotonic()
        due = [stream for stream in self.twins if stream.waiting and (now - stream.since > HOLD_SECONDS or stream.size > HOLD_CHARACTERS)]
        for stream in sorted(due, key=lambda stream: stream.since):
            stream.flush()
        self._hold(words, now)
        return len(words)

    def flush(self) -> None:
        if os.getpid() != self.process_id:
            return
        self._hold("", monotonic())
        with self.lock:
            waiting, self.waiting, self.size = self.waiting, [], 0
        while waiting:
            parent = waiting[0][0]
            same = next((place for place, (other, _) in enumerate(waiting) if other is not parent), len(waiting))
            words, waiting = "".join(part for _, part in waiting[:same]), waiting[same:]
            content = {"name": self.name, "text": words.encode("utf-8", "replace").decode("utf-8")}
            self.kernel.session.send(None, "stream", content, parent=parent)

    def _hold(self, words: str, now: float) -> None:
        """Take in what was written below Python before, then the words."""
        with self.lock:
            for part in (self.below.read(self.number), words):
                if part:
                    self.since = self.since if self.waiting else now
                    self.waiting.append((self.kernel.get_parent("shell"), part))
                    self.size += len(part)
