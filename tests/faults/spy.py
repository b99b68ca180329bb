"""Another user of the same machine looks at a running batch wherever he can: files, process list, sockets, ports."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from tests.faults import ground
from tests.faults.ground import Finding, NotRun, Trial

SECRET = "canary"
ACCOUNTS = tuple(f"{SECRET}{number}{act}" for number, act in enumerate(["", ":raise", ":hang", ":hang", *[""] * 6]))
CELL_SECONDS = 3
PRIVATE = ("environ", "maps", "io", "stack", "auxv")
CONTROL = "readable.txt"


def spy(count: int, seed: int) -> list[Finding]:
    """Let another user look at batches of both engines while they run, from their start to their end."""
    stranger = _stranger()
    return [_watched(engine, count, stranger) for engine in ("fork", "kernel")]


def _stranger() -> tuple[int, int]:
    if not hasattr(os, "getuid") or os.getuid():
        raise NotRun("only root can look with the eyes of another user")
    import pwd

    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _watched(engine: str, count: int, stranger: tuple[int, int]) -> Finding:
    found = Finding(f"another user reads, lists and reaches nothing of a running batch ({engine})")
    processes: set[int] = set()
    for _ in range(count):
        with ground.place() as base:
            base.chmod(0o755)
            batch = ground.new_batch(base / "out", params=f"params/{SECRET}.yaml", cell_seconds=CELL_SECONDS)
            batch.folder.chmod(0o755)
            control = batch.folder / CONTROL
            control.write_text(SECRET)
            control.chmod(0o644)
            before = set(Path("/tmp").glob("kam*"))
            process_id = ground.start(Trial(batch, ACCOUNTS, engine=engine, warm=False, first=lambda: os.umask(0)))
            while (code := ground.wait(process_id, 0.05)) is None:
                running = [process.pid for process in ground.tree(process_id)]
                processes.update(running)
                new = set(Path("/tmp").glob("kam*")) - before
                seen = _as(stranger, [batch.folder, *new], running)
                found.tried += 1
                found.broken += [] if str(control) in seen else ["the stranger does not even see what is open to all"]
                found.broken += [f"he gets at {what}" for what in seen if what != str(control)]
                found.broken += _listening(running)
            found.broken += [] if code == 3 else [f"exit code {code}"]
            found.broken += [f"{path} may be read" for path in batch.folder.rglob("*") if path.stat().st_mode & 0o077 and path != control]
    found.broken = list(dict.fromkeys(found.broken))
    found.figures = f"looks at {len(processes)} processes, their files, sockets and ports"
    return found


def _as(stranger: tuple[int, int], roots: list[Path], processes: list[int]) -> list[str]:
    """Look as another user and return what he gets at."""
    reading, writing = os.pipe()
    process_id = os.fork()
    if not process_id:
        with suppress(BaseException):
            user, group = stranger
            os.setgroups([]), os.setgid(group), os.setuid(user)
            os.write(writing, json.dumps(list(_reached(roots, processes))[:100]).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        seen = told.read()
    os.waitpid(process_id, 0)
    return json.loads(seen)


def _reached(roots: list[Path], processes: list[int]) -> Iterator[str]:
    for root in roots:
        yield from _opened(root)
    for process_id in processes:
        about = Path("/proc") / str(process_id)
        with suppress(OSError):
            if SECRET in (about / "cmdline").read_text("utf-8", "replace"):
                yield f"an account in the command line of process {process_id}"
        for name in PRIVATE:
            with suppress(OSError):
                if (about / name).read_bytes():
                    yield f"{name} of process {process_id}"
        with suppress(OSError):
            yield f"files of process {process_id}: {os.listdir(about / 'fd')[:1]}"
        with suppress(OSError):
            yield f"folder of process {process_id}: {os.readlink(about / 'cwd')}"
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        address = line.split()[7] if len(line.split()) > 7 else ""
        if SECRET in address or "/kam-" in address:
            with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
                client.connect(address)
                yield f"socket {address}"


def _opened(root: Path) -> Iterator[str]:
    for place, folders, names in os.walk(root):
        for name in [*folders, *names]:
            if SECRET in name:
                yield f"the name {name}"
        for name in names:
            with suppress(OSError), open(Path(place) / name, "rb"):
                yield str(Path(place) / name)
        if place != str(root) and os.access(place, os.W_OK):
            yield f"{place}, to write there"


def _listening(processes: list[int]) -> Iterator[str]:
    for process_id in processes:
        with suppress(psutil.Error):
            for connection in psutil.Process(process_id).net_connections("inet"):
                if connection.status == psutil.CONN_LISTEN or not connection.raddr:
                    yield f"process {process_id} listens at {connection.laddr}"
