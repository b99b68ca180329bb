"""CPU and time per account of a batch, against the stock ways: ``python -m benchmarks.render``.

Every way gets the same account packs and delivers the same notebook and page of the real account workbook:

a. ``papermill`` and ``jupyter nbconvert`` on the command line, one account after the other;
b. ``papermill.execute_notebook`` and a kept ``HTMLExporter``, in as many processes as there are cores;
c. the bare computation: account pack, cells and figures in one warm process, without notebook or page;
o. ``kam render``: the difference between many accounts and few, so that reading and scoring, done once, are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

from benchmarks.measure import ROOT, Cost, cost_of, kam, machine, middle, replicated, scratch, show

NOTEBOOK = ROOT / "notebooks" / "account_workbook.ipynb"
FEW = 8


def packs(engagement: Path, folder: Path, count: int) -> list[Path]:
    """Write the account packs that the stock ways are given."""
    from kamlib.data.engagement import load_engagement
    from kamlib.data.read import read
    from kamlib.packs import PackBuilder, canonical
    from kamlib.scores import score

    found = load_engagement(engagement)
    tables = read(found)
    builder = PackBuilder(found, tables, score(tables, found))
    written = []
    for account_id in builder.account_ids()[:count]:
        written.append(folder / f"{account_id}.json")
        written[-1].write_text(canonical(builder.build(account_id)), "utf-8")
    return written


def by_command_line(pack: Path) -> Cost:
    """Return the cost of way a for one account."""
    out = pack.with_suffix(".ipynb")
    given = ["-r", "account_id", pack.stem, "-r", "pack", str(pack)]
    run = cost_of([sys.executable, "-m", "papermill", NOTEBOOK, out, *given])
    page = cost_of([sys.executable, "-m", "nbconvert", "--to", "html", out])
    return Cost(run.cpu_seconds + page.cpu_seconds, run.wall_seconds + page.wall_seconds)


def by_interface(files: list[str], processes: int) -> None:
    """Do way b; run in a process of its own, so that its cost is known."""
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(_executed, files))


def _executed(file: str) -> None:
    import papermill

    pack = Path(file)
    out = pack.with_suffix(".b.ipynb")
    given = {"account_id": pack.stem, "pack": file}
    notebook = papermill.execute_notebook(NOTEBOOK, out, parameters=given, progress_bar=False)
    page, _ = _exporter().from_notebook_node(notebook)
    out.with_suffix(".html").write_text(page, "utf-8")


@cache
def _exporter():
    from nbconvert import HTMLExporter

    return HTMLExporter()


def bare(engagement: str, accounts: int) -> None:
    """Do way c in this process."""
    import matplotlib

    matplotlib.use("agg")
    from IPython.core.interactiveshell import InteractiveShell

    from kamlib.data.engagement import load_engagement
    from kamlib.data.read import read
    from kamlib.packs import PackBuilder, canonical
    from kamlib.scores import score

    InteractiveShell.instance().display_pub.publish = lambda *_, **__: None  # what is shown goes nowhere
    cells = ["".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    found = load_engagement(engagement)
    tables = read(found)
    builder = PackBuilder(found, tables, score(tables, found))
    pack = Path(engagement).with_name("bare.json")
    for account_id in builder.account_ids()[:accounts]:
        pack.write_text(canonical(builder.build(account_id)), "utf-8")
        names = {}
        for number, source in enumerate(cells):
            exec(compile(source, f"cell {number}", "exec"), names)
            if not number:
                names |= {"account_id": account_id, "pack": str(pack)}


def ours(engagement: Path, folder: Path, accounts: int, *, jobs: int, engine: str = "") -> Cost:
    """Return the cost of one account among many."""
    from kamlib.data.engagement import load_engagement
    from kamlib.data.read import read

    ids = list(read(load_engagement(engagement))["accounts"]["account_id"])
    costs = [
        cost_of(
            kam(
                "render",
                engagement,
                "--accounts",
                ",".join(ids[:count]),
                "--jobs",
                jobs,
                "--out",
                folder / f"{jobs}-{count}{engine}",
                *(["--engine", engine] if engine else []),
            )
        )
        for count in (FEW, FEW + accounts)
    ]
    return (costs[1] - costs[0]).each(accounts)


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--accounts", type=int, default=100, help="accounts of ours and of the bare computation")
    words.add_argument("--stock", type=int, default=6, help="accounts of the stock ways")
    words.add_argument("--bare", nargs=2, metavar=("ENGAGEMENT", "COUNT"), help=argparse.SUPPRESS)
    words.add_argument("--interface", nargs="+", help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.bare:
        bare(given.bare[0], int(given.bare[1]))
    elif given.interface:
        by_interface(given.interface, os.cpu_count() or 1)
    else:
        compare(given.accounts, given.stock)


def compare(accounts: int, stock: int) -> None:
    """Measure every way and print the table."""
    print(machine())
    with scratch() as folder:
        engagement = replicated(folder / "engagement", times=-(-(accounts + FEW) // 60))
        files = packs(engagement, folder, stock * 3)
        again = [sys.executable, "-m", "benchmarks.render"]
        a = middle(by_command_line(pack) for pack in files[:stock])
        few, many = files[:stock], files
        b = (cost_of([*again, "--interface", *many], cwd=ROOT) - cost_of([*again, "--interface", *few], cwd=ROOT)).each(
            len(many) - len(few)
        )
        many_bare, few_bare = (cost_of([*again, "--bare", engagement, count], cwd=ROOT) for count in (FEW + accounts, FEW))
        c = (many_bare - few_bare).each(accounts)
        one = ours(engagement, folder, accounts, jobs=1)
        two = ours(engagement, folder, accounts, jobs=2)
        kernel = ours(engagement, folder, stock * 2, jobs=2, engine="kernel")
    rows = {
        "a. papermill, nbconvert (command line)": a,
        "b. execute_notebook, exporter (processes)": b,
        "c. bare computation and figures": c,
        "o. kam render --jobs 1": one,
        "o. kam render --jobs 2": two,
        "   kam render --engine kernel --jobs 2": kernel,
    }
    show(
        "Per account",
        [
            {
                "way": name,
                "CPU s": cost.cpu_seconds,
                "wall s": cost.wall_seconds,
                "CPU × ours": cost.cpu_seconds / one.cpu_seconds,
                "accounts/min": 60 / cost.wall_seconds,
            }
            for name, cost in rows.items()
        ],
    )
    print(f"\nours : bare {one.cpu_seconds / c.cpu_seconds:.2f}; two jobs : one job {one.wall_seconds / two.wall_seconds:.2f}")


if __name__ == "__main__":
    main()
