"""Make the golden workbooks in reports/sample/: executed by papermill, compared on re-execution by nbval.

    python tools/golden.py

Look at the difference in git before committing it: every changed number in it needs a reason.
"""

from __future__ import annotations

from pathlib import Path

import nbformat

from kamlib.packs import file_stem
from kamlib.render.job import executed

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "reports" / "sample"
GOLDEN = {"A001": "en", "A005": "zh", "A022": "en"}  # a core account, one at risk, one that buys little


def main() -> None:
    """Render the golden workbooks from the folder that nbval runs them in."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for account_id, language in GOLDEN.items():
        given = {"engagement": "params/sample.yaml", "account_id": account_id, "language": language}
        job = {"template": str(ROOT / "notebooks" / "account_workbook.ipynb"), "parameters": given, "cell_seconds": 120}
        path = FOLDER / f"{file_stem(account_id)}.ipynb"
        nbformat.write(executed(job, "kamlib-kernel"), path)
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
