"""A copy of the sample client to practise on, so that a workshop never writes into the committed sample."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = "sample.yaml"


def practice_copy(folder: Path) -> Path:
    """Copy the sample client into a folder, unless it lies there already with what was decided on it.

    Parameters
    ----------
    folder : Path
        Made if absent.

    Returns
    -------
    Path
        The engagement file of the copy.
    """
    if not (folder / NAME).exists():
        shutil.copytree(ROOT / "params" / "sample", folder / "sample", dirs_exist_ok=True)
        for schema in (ROOT / "params").glob("*.schema.json"):
            shutil.copy(schema, folder)
        shutil.copy(ROOT / "params" / NAME, folder / NAME)  # last: a copy that was broken off is made again
    return folder / NAME
