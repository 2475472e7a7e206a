"""``whosaw reload``: new config and new code, and nobody notices."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from proxy import bypass, status
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile
from proxy.config import Config
from proxy.config import load as load_config
from proxy.errors import ExitCode, UnavailableError, UsageError

LOOK_SECONDS = 0.1
SETTLE_SECONDS = 10.0
"""Until a wire that serves already has found its recorder; it reports each second."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reload")(reload)


def reload(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    patience: Annotated[
        float, typer.Option(min=1.0, help="Seconds until everything new runs.")
    ] = 120.0,
) -> int:
    """Replace every process, by the installed code and the config as they are now.

    Listening sockets stay open; old wires keep their connections until they end.
    What is wrong changes nothing.
    """
    settings = load_config(config)
    directory = settings.status_directory
    before = _report(directory)
    if before is None:
        raise UnavailableError(f"no sidecar reports in {directory}: is it running?")
    os.kill(before.pid, signal.SIGUSR2)
    deadline = time.monotonic() + patience
    generation = before.figures.get("generation", 0)
    while time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        now = _report(directory)
        figures = {} if now is None or now.at <= before.at else now.figures
        if refused := figures.get("reload_refused"):
            raise UsageError(f"nothing was reloaded: {refused}")
        if figures.get("generation", 0) > generation and figures.get("ready"):
            left = figures.get("old_wires_draining", 0)
            typer.echo(f"everything new runs; {left} old wires keep their connections")
            typer.echo(_settled(settings))
            return ExitCode.OK
    raise UnavailableError(f"not within {patience:.0f} s; whosaw status says more")


def _settled(config: Config) -> str:
    """The verdict line, once every process has told how it found the others."""
    deadline = time.monotonic() + SETTLE_SECONDS
    meant = bypass.read(config.state) is not None
    while True:
        found = status.judge(config.status_directory, config.wires, time.time())
        if meant or found.recording or time.monotonic() >= deadline:
            return found.line
        time.sleep(LOOK_SECONDS)


def _report(directory: Path) -> status.Report | None:
    found = status.read(directory).get("sidecar")
    return found if status.alive(found, time.time()) else None
