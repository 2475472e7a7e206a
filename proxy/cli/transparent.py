"""``whosaw transparent``: lead connections to the sidecar, and no longer."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Annotated

import typer

from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Json, log_to_stderr
from proxy.config import Config
from proxy.config import load as load_config
from proxy.errors import ExitCode, UsageError
from proxy.ownership import as_owner_of
from proxy.transparent import guard as watchdog
from proxy.transparent import kernel, leading, wanted
from proxy.transparent.connections import own, tracked
from proxy.transparent.leading import Tool
from proxy.transparent.plan import Plan
from proxy.transparent.plan import plan as plan_of
from proxy.transparent.watching import PATIENCE
from proxy.untold import capture_off, tell

ToolOption = Annotated[
    Tool | None,
    typer.Option(help="In whose words; nft where it is installed."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Lead connections to the sidecar, and no longer.", no_args_is_help=True
    )
    group.callback()(_group)
    group.command("up")(up)
    group.command("down")(down)
    group.command("status")(status)
    group.command("guard")(guard)
    app.add_typer(group, name="transparent")


def _group() -> None:
    """Lead connections to the sidecar, and no longer."""


def up(config: ConfigFile = DEFAULT_CONFIG, *, tool: ToolOption = None) -> int:
    """Lead new connections of transparent applications here; as often as you like.

    Connections that are open now go on as they are, and are recorded as a gap.
    """
    settings = load_config(config)
    plan = _plan(settings)
    before = {each.application: _open(each.destinations) for each in plan.led}
    already = leading.state().led
    tool = tool or (Tool.NFT if kernel.has("nft") else Tool.IPTABLES)
    leading.up(plan, tool)
    with as_owner_of(settings.state):
        wanted.want(settings.state, wanted.Wanted(tool=tool))
    for each in plan.led:
        typer.echo(
            f"{each.application}: new connections to "
            f"{', '.join(f'{host} port {port}' for host, port in each.destinations)}"
            f" are led to port {each.port} ({each.method.value})"
        )
        if already:
            continue
        count = before[each.application]
        now = time.time_ns()
        gap = capture_off(
            each.application, "open_before_up", now, now, connections=count
        )
        with as_owner_of(settings.state):
            told = tell(settings.state, settings.tap_socket, gap)
        typer.echo(
            f"{each.application}: {count} connections were open already and pass "
            f"unrecorded until they end; {_told(told)}"
        )
    return ExitCode.OK


def down(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    drain: Annotated[
        float, typer.Option(min=0.0, help="Seconds that open connections may take.")
    ] = 30.0,
) -> int:
    """Lead none here any more, and leave nothing behind; as often as you like.

    New connections take the direct path at once. Open ones may finish; what is still
    open after that is reset.
    """
    settings = load_config(config)
    with as_owner_of(settings.state):
        wanted.want_none(settings.state)
    left = leading.down(plan_of(settings), drain)
    typer.echo("connections take the direct path; no rule, route or mark is left")
    if left:
        typer.echo(f"{left} connections were still open and are reset")
    return ExitCode.OK


def status(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> int:
    """Say whether connections are led here; exit code 1 if they are not."""
    plan = plan_of(load_config(config))
    found = leading.state()
    through = len(leading.led_now(plan))
    if as_json:
        told = {**asdict(found), "tool": found.tool and found.tool.value}
        typer.echo(json.dumps({**told, "through": through}))
    else:
        typer.echo(
            f"new connections are led here, by {found.tool.value}"
            if found.led and found.tool
            else "new connections take the direct path"
        )
        typer.echo(f"{through} connections are open through the sidecar")
        if found.beside is not None:
            typer.echo(f"{found.beside} connections pass beside it")
    return ExitCode.OK if found.led else ExitCode.FAILED


def guard(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    patience: Annotated[
        float, typer.Option(min=0.3, help="Seconds without a beat of any wire.")
    ] = PATIENCE,
) -> int:
    """Take the rules away while no wire answers, and put them back; keeps running.

    Start it by the host's own means, not as a child of the sidecar.
    """
    log_to_stderr("guard")
    settings = load_config(config)
    _plan(settings)
    return watchdog.run(settings, patience)


def _plan(settings: Config) -> Plan:
    plan = plan_of(settings)
    if not plan.led:
        raise UsageError(
            f"{settings.file}: no application is transparent; "
            "add transparent: {method: redirect} to one"
        )
    return plan


def _open(destinations: tuple[tuple[str, int], ...]) -> int:
    """Of this host, and of those that it passes on, as far as its kernel knows."""
    found = {each for each in own() if each.local in destinations}
    return len(found | (tracked(destinations) or set()))


def _told(done: bool) -> str:
    return "recorded as a gap" if done else "a gap that waits for the recorder"
