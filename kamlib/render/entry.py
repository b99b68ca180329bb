"""What papermill loads by name when it is imported: it must not import papermill, which is not ready then."""

from __future__ import annotations

import importlib


class Later:
    """An engine that is imported when papermill first uses it.

    Parameters
    ----------
    name : str
        A class of `kamlib.render.engine`.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, attribute: str) -> object:
        return getattr(getattr(importlib.import_module("kamlib.render.engine"), self.name), attribute)


in_process = Later("InProcessEngine")
in_kernel = Later("InKernelEngine")
