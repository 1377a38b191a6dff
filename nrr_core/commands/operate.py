"""The commands of whoever runs the app: serve, back up, restore, and the doctor."""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from nrr_core.errors import SettingsError
from nrr_core.settings import Settings

__all__ = ["add_commands", "serve_command"]

_APP = Path(__file__).resolve().parents[2] / "app.py"


def add_commands(commands: Any) -> None:
    """Add the commands to the command line's parser."""
    serve = commands.add_parser("serve", help="open the app", description="Starts the app with the settings of the environment.")
    serve.add_argument("--port", type=int, default=8501)
    serve.add_argument("--host", "--address", dest="host", default="127.0.0.1", help="default: this machine only")
    serve.set_defaults(run=_serve)
    save = commands.add_parser("backup", help="write a backup of the store", description="Writes one file that “restore” brings back.")
    save.add_argument("target", type=Path, metavar="TARGET.tar")
    save.set_defaults(run=_backup)
    bring = commands.add_parser("restore", help="bring a backup back", description="Brings a backup back into an empty store.")
    bring.add_argument("source", type=Path, metavar="SOURCE.tar")
    bring.set_defaults(run=_restore)
    doctor = commands.add_parser("doctor", help="check a deployment", description="Says what is wrong with a deployment, and what to do.")
    doctor.add_argument("--url", help="the address people use: checks from outside as well")
    doctor.add_argument("--deep", action="store_true", help="also compare every stored file with its hash")
    doctor.set_defaults(run=_doctor)


def serve_command(settings: Settings, host: str, port: int) -> list[str]:
    """What starts the app.

    Raises
    ------
    SettingsError
        Other machines would reach it without sign-in.

    """
    from nrr_core.doctor.sign_in import loopback  # noqa: PLC0415 - loads an HTTP client

    if not loopback(host) and not settings.sign_in and not settings.allow_network:
        raise SettingsError(
            f"The app won't listen on {host} without sign-in: whoever reaches this machine would see every figure. Set up sign-in "
            "(docs/hosting.md), or set NRR_ALLOW_NETWORK=yes where a proxy in front signs people in."
        )
    options = {"server.address": host, "server.port": port, "server.maxUploadSize": settings.upload_mb, "server.headless": "true"}
    if not loopback(host):
        options["logger.hideWelcomeMessage"] = "true"  # for it, Streamlit would ask a server on the internet for this machine's address
    return [sys.executable, "-m", "streamlit", "run", str(_APP), *(f"--{name}={value}" for name, value in options.items())]


def _serve(asked: argparse.Namespace) -> int:
    command = serve_command(Settings.from_environment(), asked.host, asked.port)
    if os.name != "nt":
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606 - the server takes this process's place, so that signals reach it
    return subprocess.run(command, check=False).returncode  # noqa: S603 - our own app, no shell


def _backup(asked: argparse.Namespace) -> int:
    from nrr_core.store.backup import back_up  # noqa: PLC0415 - loads the database's packages

    print(f"{asked.target}: {back_up(Settings.from_environment(), asked.target)}")
    return 0


def _restore(asked: argparse.Namespace) -> int:
    from nrr_core.store.restore import restore  # noqa: PLC0415 - loads the database's packages

    settings = Settings.from_environment()
    print(f"{settings.folder}: {restore(settings, asked.source)}")
    return 0


def _doctor(asked: argparse.Namespace) -> int:
    from nrr_core.doctor import Finding, examine, examine_site  # noqa: PLC0415 - loads the database's packages

    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        print(Finding("settings", "fail", str(error)))
        return 1
    failed = 0
    for found in (*examine(settings, deep=asked.deep), *(examine_site(settings, asked.url) if asked.url else ())):
        print(found, flush=True)
        failed += found.state == "fail"
    return 1 if failed else 0
