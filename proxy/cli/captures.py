"""``whosaw capture``, ``captures``, ``replay``: the tap stream in a file, and back."""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from proxy.app.account import account
from proxy.app.lifetime import stop_on_signal
from proxy.app.recorder import pipelines
from proxy.app.rulesets import load_all, read_file
from proxy.attribution.sessions import Sessions
from proxy.capture import taking
from proxy.capture.envelope import Header, fingerprint, header_of, new_id
from proxy.capture.keys import load_public
from proxy.capture.replaying import Replayed
from proxy.cli import recordings
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile
from proxy.config import Config, load
from proxy.errors import ExitCode, UsageError
from proxy.pipeline import Pipeline
from proxy.redaction.standin import StandIns
from proxy.redaction.words import words_of

POLL_SECONDS = 0.02
"""Soon enough for a person who waits for the word to go on."""
DAYS = 7
"""A rule is written within a week, or the page has changed."""
_DAY_NS = 86_400 * 10**9

CaptureFile = Annotated[
    Path,
    typer.Argument(
        help="A capture, or a HAR file of a browser.", exists=True, dir_okay=False
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(capture)
    group = typer.Typer(help="Captures that were taken.", no_args_is_help=True)
    group.callback()(_group)
    group.command("show")(show)
    group.command("purge")(purge)
    app.add_typer(group, name="captures")
    app.command()(replay)


def _group() -> None:
    """Captures that were taken."""


def capture(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    reason: Annotated[
        str, typer.Option(help="Why; it is recorded, with who took it.")
    ] = "",
    config: ConfigFile = DEFAULT_CONFIG,
    seconds: Annotated[
        float, typer.Option(min=0.1, max=86_400, help="Stop after this long.")
    ] = 60.0,
    to: Annotated[
        Path | None, typer.Option(help="Public key it is encrypted to.")
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=365, help="It is not opened after.")
    ] = DAYS,
    *,
    raw: Annotated[
        bool,
        typer.Option(
            "--raw", help="Yes: with passwords, cookies and records; needs --to."
        ),
    ] = False,
) -> int:
    """Write what the wires tap to a file, redacted, until Ctrl-C or the time is over.

    Example: whosaw capture new-screen.capture --reason "ticket 12: search has no rule"
    """
    if not reason.strip():
        raise UsageError(
            "a capture needs a reason, which is recorded: --reason 'what it is for'"
        )
    if raw and to is None:
        raise UsageError(
            "a raw capture holds passwords and records: name the public key it is "
            "encrypted to, --to FILE (whosaw keys make-capture-key)"
        )
    settings = load(config)
    now_ns = time.time_ns()
    order = taking.Order(
        header=Header(
            id=new_id(),
            made_ns=now_ns,
            expires_ns=now_ns + days * _DAY_NS,
            by=account(),
            reason=reason.strip(),
            redacted=not raw,
        ),
        recipient=None if to is None else load_public(to),
        standins=None if raw else _standins(settings),
    )
    captured = asyncio.run(_capture(settings.tap_socket, file, seconds, order))
    sys.stderr.write(f"{file}: {captured.bytes:,} bytes\n")
    if captured.full:
        sys.stderr.write("it held as much as may be held, and ended early\n")
    if captured.overrun:
        sys.stderr.write("the disk was too slow: the capture ended early\n")
        return ExitCode.FAILED
    return ExitCode.OK


def _standins(config: Config) -> StandIns:
    rules = [read_file(each.rules) for each in config.applications]
    return StandIns(secrets.token_bytes(32), words_of(rules))


async def _capture(
    socket: Path, file: Path, seconds: float, order: taking.Order
) -> taking.Captured:
    stop = stop_on_signal()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    captured = taking.Captured()
    telling = asyncio.create_task(_tell_when_begun(captured, file))
    try:
        return await taking.capture(socket, file, stop, order, captured)
    finally:
        telling.cancel()


async def _tell_when_begun(captured: taking.Captured, file: Path) -> None:
    """Say when it has begun: what connects from then on is in it as a whole."""
    while not captured.bytes:
        await asyncio.sleep(POLL_SECONDS)
    sys.stderr.write(f"{file}: capturing, until Ctrl-C\n")


def show(file: CaptureFile) -> int:
    """Who took a capture, why, and until when it can be opened."""
    header = header_of(file)
    if header is None:
        raise UsageError(f"{file}: a bare capture: nothing is known about it")
    made, expires = (
        datetime.fromtimestamp(ns / 1e9, UTC).isoformat(timespec="seconds")
        for ns in (header.made_ns, header.expires_ns)
    )
    key = fingerprint(header.recipient) if header.recipient else "not encrypted"
    typer.echo(f"id        {header.id}")
    typer.echo(f"taken     {made} by {header.by}")
    typer.echo(f"reason    {header.reason}")
    typer.echo(f"expires   {expires}")
    typer.echo(f"holds     {'stand-ins' if header.redacted else 'what passed'}")
    typer.echo(f"key       {key}")
    return ExitCode.OK


def purge(
    directory: Annotated[
        Path, typer.Argument(help="Where captures are.", exists=True, file_okay=False)
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be deleted.")
    ] = False,
) -> int:
    """Delete captures that have expired; other files are left alone.

    Example: whosaw captures purge /var/lib/whosaw/captures
    """
    now_ns = time.time_ns()
    purged = kept = 0
    for file in sorted(directory.iterdir()):
        if not file.is_file():
            continue
        try:
            header = header_of(file)
        except UsageError:
            continue
        if header is None or not header.expired(now_ns):
            kept += 1
            continue
        purged += 1
        typer.echo(f"{file}: expired")
        if not dry_run:
            file.unlink()
    typer.echo(f"{purged} expired, {kept} kept")
    return ExitCode.OK


def replay(
    file: CaptureFile,
    config: ConfigFile = DEFAULT_CONFIG,
    application: Annotated[
        str, typer.Option(help="Whose exchanges a HAR file holds, if there are more.")
    ] = "",
    host: Annotated[
        str, typer.Option(help="Host of a HAR file to look at (the one it asked most).")
    ] = "",
    key: Annotated[
        Path | None,
        typer.Option(
            envvar=recordings.KEY, help="Private key of an encrypted capture."
        ),
    ] = None,
) -> int:
    """Print the events a recording makes, as JSON lines; nothing is recorded."""
    settings = load(config)
    replayed = Replayed()
    applications: Mapping[str, Pipeline]
    applications = pipelines(settings, Sessions(), load_all(settings))
    if application:
        if application not in applications:
            names = ", ".join(applications)
            raise UsageError(f"--application {application}: expected one of {names}")
        applications = {application: applications[application]}
    events = recordings.replay(
        file, applications, host=host, key=key, replayed=replayed
    )
    for event in events:
        sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
    notes = [
        (replayed.torn_bytes, f"{replayed.torn_bytes} bytes of a torn end dropped"),
        (replayed.torn, "its end is missing, or something in it was changed"),
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
    broken = replayed.broken_at is not None or replayed.torn
    return ExitCode.FAILED if broken else ExitCode.OK
