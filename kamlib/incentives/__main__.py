"""Write params/pay.schema.json anew: ``python -m kamlib.incentives``, from the project's folder."""

from __future__ import annotations

from pathlib import Path

from kamlib.incentives.book import pay_schema

if __name__ == "__main__":
    Path("params/pay.schema.json").write_text(pay_schema(), encoding="utf-8")
