"""Files that are either whole or not there, and locks that die with their process."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

UNFINISHED = ".unfinished-"
_LOCKED_AT = 2**30  # beyond anything that is written, so that Windows lets others read the file


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file under its final name in one step: it is on the disk before it replaces its predecessor.

    Parameters
    ----------
    path : Path
    content : bytes
    mode : int
        Who may read and write it.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as stream:
            os.chmod(name, mode)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk.

    Parameters
    ----------
    folder : Path
    """
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def lock(handle, *, wait: bool = False) -> bool:
    """Lock an open file for this process; the system lets go of it when the process ends.

    Parameters
    ----------
    handle : file
        Opened for writing.
    wait : bool
        Wait for whoever holds it.

    Returns
    -------
    bool
        Whether it is held.
    """
    try:
        if os.name == "nt":
            import msvcrt

            handle.seek(_LOCKED_AT)
            msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
