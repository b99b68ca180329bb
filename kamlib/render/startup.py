"""Start-up of a process that renders, without what no workbook needs."""

from __future__ import annotations

import sys


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
