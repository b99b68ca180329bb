"""The commands ``kam lab`` and ``kam workshop``: JupyterLab on this machine only, with a token, closed with the command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from kamlib.cli.options import LANGUAGE, ROOT

TOPICS = ("select", "segment", "stage", "plan", "pay", "risk", "price")
FOLDER = ROOT / "reports" / "workshop"
AT_HOME = (  # nobody else reaches it, and it calls nobody
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.answer_yes=True",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)
SETTINGS = {  # of a Lab of our own: no question about news, none about the kernel
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"autoStartDefaultKernel": True},
}
PORT = click.option("--port", type=click.IntRange(1024, 65535), default=8888, show_default=True, help="The next free one is taken.")
NO_BROWSER = click.option("--no-browser", is_flag=True, help="Only print the address.")


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@PORT
@NO_BROWSER
def lab(path: Path | None, port: int, no_browser: bool) -> None:
    """Open JupyterLab on the notebooks, or on PATH, on this machine only, with a token.

    PATH is a folder, such as that of a course, or a notebook in it.
    """
    folder = path.absolute() if path else ROOT
    start = "/lab/tree/notebooks" if path is None else "/lab"
    if folder.is_file():
        folder, start = folder.parent, f"/lab/tree/{folder.name}"
    serve(folder, start, port=port, browser=not no_browser)


@click.command()
@click.argument("params", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--topic", type=click.Choice(TOPICS), default="stage", show_default=True, help="The notebook to begin with.")
@click.option("--by", default="", metavar="WHO", help="Who decides; written beside every decision.")
@LANGUAGE
@PORT
@NO_BROWSER
def workshop(params: Path | None, topic: str, by: str, language: str | None, port: int, no_browser: bool) -> None:
    """Open the workshop notebooks on an engagement; without PARAMS on a practice copy of the sample.

    What the room decides is saved into the plans and the engagement file; the next render shows it.
    """
    from kamlib.workshop.practice import practice_copy

    engagement = params.absolute() if params else practice_copy(FOLDER / "practice")
    notebooks = FOLDER / "notebooks"
    notebooks.mkdir(parents=True, exist_ok=True)
    for source in (ROOT / "notebooks" / "workshop").glob("*.ipynb"):
        shutil.copy(source, notebooks)  # decisions are in the plans; a notebook keeps nothing
    click.echo(f"{engagement}: what is decided is saved there and in its plans; Ctrl+C ends the workshop.")
    settings = {"KAM_ENGAGEMENT": str(engagement), "KAM_LANGUAGE": language or "", "KAM_WHO": by}
    serve(notebooks, f"/lab/tree/{topic}.ipynb", port=port, browser=not no_browser, settings=settings)


def serve(folder: Path, start: str, *, port: int, browser: bool, settings: dict[str, str] | None = None) -> None:
    """Become JupyterLab, so that what ends the command ends the server and its kernels."""
    for name, chosen in SETTINGS.items():
        file = FOLDER / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(chosen), encoding="utf-8")
    words = [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url={start}", f"--ServerApp.port={port}"]
    command = [sys.executable, "-m", "jupyterlab", *AT_HOME, *words, *([] if browser else ["--no-browser"])]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # as in a container: it listens to this machine only and asks for a token
    places = {"JUPYTERLAB_SETTINGS_DIR": str(FOLDER / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(FOLDER / "workspaces")}
    environment = places | os.environ | (settings or {})
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.call(command, env=environment))
    os.execve(sys.executable, command, environment)
