"""Write docs/data-dictionary.md and the schemas in params/ anew: ``python -m kamlib.data.schema``, from the project's folder."""

from __future__ import annotations

from pathlib import Path

from kamlib.data.company import company_schema
from kamlib.data.engagement import engagement_schema
from kamlib.data.plan import plan_schema
from kamlib.data.schema import data_dictionary

if __name__ == "__main__":
    Path("docs/data-dictionary.md").write_text(data_dictionary(), encoding="utf-8")
    Path("params/engagement.schema.json").write_text(engagement_schema(), encoding="utf-8")
    Path("params/plan.schema.json").write_text(plan_schema(), encoding="utf-8")
    Path("params/company.schema.json").write_text(company_schema(), encoding="utf-8")
