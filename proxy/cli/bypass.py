"""``whosaw bypass``: relay without observing, and observe again."""

from __future__ import annotations

import getpass
import os
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from proxy import bypass
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile
from proxy.config import Config
from proxy.config import load as load_config
from proxy.errors import ExitCode, UsageError
from proxy.ownership import as_owner_of
from proxy.untold import capture_off, tell


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Relay without recording, and record again.", no_args_is_help=True
    )
    group.callback()(_group)
    group.command("on")(on)
    group.command("off")(off)
    group.command("status")(status)
    app.add_typer(group, name="bypass")


def _group() -> None:
    """Relay without recording, and record again."""


def on(
    reason: Annotated[str, typer.Option(help="Why; it stands in the evidence.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> int:
    """Relay every connection unrecorded, open and new ones, until ``off``.

    It outlives restarts. That it was done, by whom and why is recorded as a gap.
    """
    settings = load_config(config)
    if not reason.strip():
        raise UsageError("--reason: say why; it stands in the evidence")
    found = bypass.read(settings.state)
    if found is not None:
        raise UsageError(f"already since {_time(found)}: {found.told}")
    said = bypass.Bypass(
        since_ns=time.time_ns(), by=_who(), reason=" ".join(reason.split())
    )
    with as_owner_of(settings.state):
        bypass.begin(settings.state, said)
        _record(settings, said, said.since_ns)
    typer.echo(f"nothing is recorded from now on: {said.told}")
    return ExitCode.OK


def off(config: ConfigFile = DEFAULT_CONFIG) -> int:
    """Record again: new connections from now on; open ones pass until they end."""
    settings = load_config(config)
    with as_owner_of(settings.state):
        said = bypass.end(settings.state)
        if said is not None:
            _record(settings, said, time.time_ns())
    if said is None:
        typer.echo("nothing to end: everything is recorded")
        return ExitCode.OK
    typer.echo(f"new connections are recorded again; ended: {said.told}")
    return ExitCode.OK


def status(config: ConfigFile = DEFAULT_CONFIG) -> int:
    """Say whether a bypass is on; exit code 1 if so."""
    found = bypass.read(load_config(config).state)
    if found is None:
        typer.echo("no bypass")
        return ExitCode.OK
    typer.echo(f"since {_time(found)}: {found.told}")
    return ExitCode.FAILED


def _record(settings: Config, said: bypass.Bypass, until_ns: int) -> None:
    for application in settings.applications:
        gap = capture_off(application.name, said.told, said.since_ns, until_ns)
        tell(settings.state, settings.tap_socket, gap)


def _who() -> str:
    """The person, not the account they became."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def _time(said: bypass.Bypass) -> str:
    return datetime.fromtimestamp(said.since_ns / 1e9, UTC).isoformat(
        timespec="seconds"
    )
