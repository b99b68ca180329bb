"""Start-up of a process that renders: bound to its parent, and without what no workbook needs."""

from __future__ import annotations

import ctypes
import os
import sys
from types import SimpleNamespace

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def import_jsonschema_quickly() -> None:
    """Import jsonschema, which nbformat needs, without its check of web addresses: their grammar takes 1.8 seconds to build."""
    grammar = "rfc3987_syntax"
    if "jsonschema" in sys.modules or grammar in sys.modules:
        return
    sys.modules[grammar] = None
    try:
        import jsonschema  # noqa: F401
    finally:
        del sys.modules[grammar]


def import_ipykernel_quickly() -> None:
    """Import IPython's kernel without its debugger, which cannot be attached to a notebook that is rendered."""
    sys.modules.setdefault("ipykernel.debugger", SimpleNamespace(_is_debugpy_available=False, Debugger=object))
    import ipykernel.ipkernel  # noqa: F401


def die_with_parent(parent_id: int, *, by: int) -> None:
    """Have Linux send this process a signal when its parent ends, however that ends, or has ended already; elsewhere do nothing."""
    _prctl(PR_SET_PDEATHSIG, by)
    if os.getppid() != parent_id:
        os.kill(os.getpid(), by)


def adopt_orphans() -> None:
    """Have Linux make this process the parent of whatever its children leave behind; elsewhere do nothing."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
