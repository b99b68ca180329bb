"""What an installation needs, looked at one by one: Python, packages, fonts, files, rights, the notebook kernel, other programs."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
OLDEST = (3, 11)
LEAST_FREE_BYTES = 1 << 30
REINSTALL = "run python3 run.py doctor, which sets .venv up again"
PROGRAMS = {
    "uv": "sets .venv up faster",
    "chromium": "only the tests of pages need it",
    "postgres": "only the tests of databases need it",
}
DRIVERS = {"psycopg": "PostgreSQL", "pymysql": "MySQL", "oracledb": "Oracle", "pyodbc": "SQL Server"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ``ok``, ``WRONG`` or ``optional``, what was found, and what to do."""

    mark: str
    what: str
    told: str
    fix: str = ""


def examined() -> Iterator[Finding]:
    """Yield every finding, the gravest kinds first.

    Examples
    --------
    >>> next(examined()).what
    'Python'
    """
    version = sys.version.split()[0]
    old = sys.version_info < OLDEST
    yield _finding(not old, "Python", version, f"install Python {OLDEST[0]}.{OLDEST[1]} or newer and delete .venv")
    yield packages(ROOT / "requirements.lock")
    yield fonts()
    yield _notebooks()
    yield _kernel()
    yield from (writable(folder) for folder in (Path.cwd(), Path(tempfile.gettempdir())))
    yield from _optional()


def packages(lock: Path) -> Finding:
    """Compare what is installed with the lock, or without one with what kamlib itself asks for."""
    wanted = _locked(lock) if lock.is_file() else [Requirement(line) for line in metadata.requires("kamlib") or ()]
    wanted = [need for need in wanted if need.marker is None or need.marker.evaluate({"extra": ""})]
    wrong = [f"{need} is needed, {_installed(need.name) or 'none'} is there" for need in wanted if not _fits(need)]
    source = lock.name if lock.is_file() else "kamlib's own list"
    told = f"{len(wanted) - len(wrong)} of {len(wanted)} as {source} says" + "".join(f"\n{'':<9}{line}" for line in wrong)
    return _finding(not wrong, "packages", told, REINSTALL)


def fonts() -> Finding:
    """Look whether the fonts that the pages carry can be read, Chinese letters among them."""
    from matplotlib.ft2font import FT2Font

    found = sorted((ROOT / "kamlib" / "show" / "fonts").rglob("*.[ot]tf"))
    try:
        readable = [path for path in found if FT2Font(str(path)).get_char_index(ord("户"))]
    except (OSError, RuntimeError) as error:
        return Finding("WRONG", "fonts", str(error), "install kamlib again")
    return _finding(len(readable) > 0, "fonts", f"{len(readable)} with Chinese letters", "install kamlib again: kamlib/show/fonts is empty")


def writable(folder: Path) -> Finding:
    """Look whether a folder can be written to and has room."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"kam")
    except OSError as error:
        return Finding("WRONG", f"folder {folder}", f"cannot be written to ({error.strerror})", "change its rights, or work elsewhere")
    free = shutil.disk_usage(folder).free
    return _finding(free >= LEAST_FREE_BYTES, f"folder {folder}", f"writable, {free / 1e9:,.1f} GB free", "free some space")


def _notebooks() -> Finding:
    found = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    return _finding("account_workbook" in found, "notebooks", ", ".join(found) or "none", "run kam from the project's own folder")


def _kernel() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Finding("WRONG", "kernel python3", "is not registered", "python -m ipykernel install --sys-prefix")
    if program in {"python", *(f"python{sys.version_info[0]}{minor}" for minor in ("", f".{sys.version_info[1]}"))}:
        program = sys.executable  # Jupyter starts a kernel of that name with its own Python, whatever PATH says
    return _finding(bool(shutil.which(program)), "kernel python3", program, "python -m ipykernel install --sys-prefix")


def _optional() -> Iterator[Finding]:
    for name, reason in PROGRAMS.items():
        beside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        found = shutil.which(name) or (str(beside[-1]) if beside else None)
        yield Finding("ok" if found else "optional", name, found or f"not found; {reason}")
    for name, database in DRIVERS.items():
        version = _installed(name)
        yield Finding("ok" if version else "optional", f"driver {name}", version or f"not installed; needed to read from {database}")


def _finding(good: bool, what: str, told: str, fix: str) -> Finding:
    return Finding("ok", what, told) if good else Finding("WRONG", what, told, fix)


def _locked(lock: Path) -> list[Requirement]:
    lines = re.findall(r"^([a-zA-Z0-9][^\\\n]*?)\s*\\?$", lock.read_text("utf-8"), re.M)
    return [Requirement(line) for line in lines]


def _fits(need: Requirement) -> bool:
    version = _installed(need.name)
    return version is not None and need.specifier.contains(version, prereleases=True)


def _installed(name: str) -> str | None:
    try:
        return metadata.version(canonicalize_name(name))
    except metadata.PackageNotFoundError:
        return None
