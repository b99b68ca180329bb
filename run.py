#!/usr/bin/env python3
"""Make .venv from requirements.lock when it is missing or old, then run one command in it.

    python3 run.py demo                        render six accounts of the sample engagement
    python3 run.py test                        run every test
    python3 run.py soak                        run the long fault trials: kills, bad disks, poisons, spies; about an hour
    python3 run.py render params/mine.yaml     any other word is a command of kam; see python3 run.py --help

Standard library only. uv is used when it is on PATH, else venv and pip.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
STAMP = VENV / "kamlib.stamp"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

OLDEST = (3, 11)
EXIT_ENVIRONMENT = 5
NO_ENSUREPIP = "This Python cannot make environments (no ensurepip). On Debian and Ubuntu: sudo apt install python3-venv. Or install uv."
TESTS = ["-n", "2", "--dist", "loadscope", "--nbval", "--nbval-current-env", "--nbval-cell-timeout", "120"]


def main(words):
    """Set up, then become the command."""
    if sys.version_info < OLDEST:
        stop(f"kamlib needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}.")
    with one_at_a_time():
        if not is_current():
            set_up()
    if words[:1] == ["test"]:
        os.chdir(ROOT)
        become([PYTHON, "-m", "pytest", *TESTS, *words[1:]])
    if words[:1] == ["soak"]:
        os.chdir(ROOT)
        become([PYTHON, "-m", "tests.faults.soak", *words[1:]])
    become([PYTHON, "-m", "kamlib", *words])


def stop(message):
    """End with one sentence and the exit code for trouble with the machine."""
    print(message, file=sys.stderr)
    sys.exit(EXIT_ENVIRONMENT)


@contextlib.contextmanager
def one_at_a_time():
    """Hold the lock of this folder, so that two runs never fill .venv together; the system frees it when a run dies."""
    with open(LOCK, "rb+") as handle:
        if os.name == "nt":
            import msvcrt

            handle.seek(2**30)
            while True:
                with contextlib.suppress(OSError):
                    msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
                    break
        else:
            import fcntl

            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                print("Another run is setting up .venv; waiting for it ...", file=sys.stderr, flush=True)
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def wanted():
    """Return what .venv has to be made of: the two files that say so, and the folder the package is linked from."""
    parts = [LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_current():
    """Tell whether .venv was finished from exactly these files."""
    return PYTHON.exists() and STAMP.is_file() and STAMP.read_text() == wanted()


def set_up():
    """Fill .venv; the stamp comes last, so that an interrupted set-up is taken up again."""
    print("Setting up .venv from requirements.lock, once; this takes about a minute ...", file=sys.stderr, flush=True)
    STAMP.unlink(missing_ok=True)
    uv = shutil.which("uv")
    filled = uv and succeeds([uv, "--version"], quiet=True) and fill_with_uv(uv)
    if uv and not filled:
        print("uv could not do it; going on with pip ...", file=sys.stderr, flush=True)
    if not filled and not fill_with_pip():
        stop("Set-up failed; the lines above say why. Nothing outside .venv was changed; run the command again when it is mended.")
    STAMP.write_text(wanted())


def fill_with_uv(uv):
    """Install everything with uv and tell whether it worked."""
    if not is_usable():
        shutil.rmtree(VENV, ignore_errors=True)
        if not succeeds([uv, "venv", "--quiet", "--python", sys.executable, VENV]):
            return False
    return install([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", PYTHON])


def fill_with_pip():
    """Install everything with the pip that comes with Python and tell whether it worked."""
    if not is_usable():
        shutil.rmtree(VENV, ignore_errors=True)
        if importlib.util.find_spec("ensurepip") is None:
            stop(NO_ENSUREPIP)
        try:
            venv.create(VENV, with_pip=True)
        except subprocess.CalledProcessError:
            shutil.rmtree(VENV, ignore_errors=True)
            stop(NO_ENSUREPIP)
    pip = [PYTHON, "-m", "pip"]
    if not succeeds([*pip, "--version"], quiet=True) and not succeeds([PYTHON, "-m", "ensurepip"], quiet=True):
        stop(NO_ENSUREPIP)
    return install([*pip, "install", "--quiet", "--disable-pip-version-check"])


def install(command):
    """Install the locked set by hash, then link kamlib itself with the locked build tool: nothing unpinned is fetched."""
    locked = [*command, "--require-hashes", "-r", LOCK]
    return succeeds(locked) and succeeds([*command, "--no-index", "--no-deps", "--no-build-isolation", "-e", ROOT])


def is_usable():
    """Tell whether .venv has a Python that runs and is new enough."""
    return PYTHON.exists() and succeeds([PYTHON, "-c", f"import sys; sys.exit(sys.version_info < {OLDEST})"], quiet=True)


def succeeds(command, *, quiet=False):
    """Run a command and tell whether it ended well."""
    silence = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run([str(word) for word in command], stdout=silence, stderr=silence).returncode == 0
    except OSError:
        return False


def become(command):
    """Hand this process over to the command, with its signals and its exit code."""
    command = [str(word) for word in command]
    settings = {**os.environ, "PYTHONUTF8": "1"}
    if os.name != "nt":
        sys.stdout.flush()
        os.execve(command[0], command, settings)
    child = subprocess.Popen(command, env=settings)
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            sys.exit(child.wait())


if __name__ == "__main__":
    main(sys.argv[1:])
