"""``whosaw capture`` and ``whosaw replay``: the tap stream in a file, and back."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from proxy import capture as captures
from proxy.app.lifetime import stop_on_signal
from proxy.app.recorder import pipelines
from proxy.app.rulesets import load_all
from proxy.attribution.sessions import Sessions
from proxy.cli import recordings
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile
from proxy.config import load
from proxy.errors import ExitCode, UsageError
from proxy.pipeline import Pipeline

POLL_SECONDS = 0.02
"""Soon enough for a person who waits for the word to go on."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(capture)
    app.command()(replay)


def capture(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    config: ConfigFile = DEFAULT_CONFIG,
    seconds: Annotated[
        float, typer.Option(min=0.1, max=86_400, help="Stop after this long.")
    ] = 60.0,
    *,
    raw: Annotated[
        bool,
        typer.Option(
            "--raw", help="Yes: the file will hold passwords, cookies and records."
        ),
    ] = False,
) -> int:
    """Write what the wires tap to a file, until Ctrl-C or the time is over."""
    if not raw:
        raise UsageError(
            "a capture holds everything that passes, passwords and records included; "
            "say --raw if that is what you want, and delete the file when done"
        )
    settings = load(config)
    captured = asyncio.run(_capture(settings.tap_socket, file, seconds))
    sys.stderr.write(f"{file}: {captured.bytes:,} bytes\n")
    if captured.overrun:
        sys.stderr.write("the disk was too slow: the capture ended early\n")
        return ExitCode.FAILED
    return ExitCode.OK


async def _capture(socket: Path, file: Path, seconds: float) -> captures.Captured:
    stop = stop_on_signal()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    captured = captures.Captured()
    telling = asyncio.create_task(_tell_when_begun(captured, file))
    try:
        return await captures.capture(socket, file, stop, captured)
    finally:
        telling.cancel()


async def _tell_when_begun(captured: captures.Captured, file: Path) -> None:
    """Say when it has begun: what connects from then on is in it as a whole."""
    while not captured.bytes:
        await asyncio.sleep(POLL_SECONDS)
    sys.stderr.write(f"{file}: capturing, until Ctrl-C\n")


def replay(
    file: Annotated[
        Path,
        typer.Argument(
            help="A capture, or a HAR file of a browser.", exists=True, dir_okay=False
        ),
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    application: Annotated[
        str, typer.Option(help="Whose exchanges a HAR file holds, if there are more.")
    ] = "",
    host: Annotated[
        str, typer.Option(help="Host of a HAR file to look at (the one it asked most).")
    ] = "",
) -> int:
    """Print the events a recording makes, as JSON lines; nothing is recorded."""
    settings = load(config)
    replayed = captures.Replayed()
    applications: Mapping[str, Pipeline]
    applications = pipelines(settings, Sessions(), load_all(settings))
    if application:
        if application not in applications:
            names = ", ".join(applications)
            raise UsageError(f"--application {application}: expected one of {names}")
        applications = {application: applications[application]}
    for event in recordings.replay(file, applications, host=host, replayed=replayed):
        sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
    notes = [
        (replayed.torn_bytes, f"{replayed.torn_bytes} bytes of a torn end dropped"),
        (replayed.overrun, "the capture could not keep up and ended early"),
        (
            replayed.open_connections,
            f"{replayed.open_connections} connections were still open at its end",
        ),
        (
            replayed.broken_at is not None,
            f"it makes no sense from byte {replayed.broken_at} on",
        ),
    ]
    for there, text in notes:
        if there:
            sys.stderr.write(f"{file}: {text}\n")
    return ExitCode.FAILED if replayed.broken_at is not None else ExitCode.OK
