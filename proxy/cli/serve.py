"""Commands that keep running: the roles and ``run``; and migrate.

What a role is made of is imported when the role runs: a recorder loads no
mitmproxy, a store no rules. That is memory and time of start of each process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, log_to_stderr
from proxy.config import Config, load
from proxy.errors import UsageError
from proxy.ownership import as_owner_of, refuse_root

Listen = Annotated[
    list[str] | None,
    typer.Option(
        "--listen-fd",
        metavar="APPLICATION=FD",
        help="Use this inherited listening socket instead of binding the address.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(run)
    app.command()(wire)
    app.command()(record)
    app.command()(ship)
    app.command()(seal)
    app.command()(ldv)
    app.command("attribute-across")(attribute_across)
    app.command()(admin)
    app.command()(migrate)


def run(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    role: Annotated[
        list[str] | None,
        typer.Option(
            help="Run only this role here; may be given several times: "
            "store, sealer, shipper, ldv, across, recorder, wire, "
            "detections, canary, questions, admin."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Refuse what is wrong; start nothing.")
    ] = False,
) -> int:
    """Run the whole sidecar: wires, recorder, shipper, and what else is configured."""
    from proxy.app import sidecar

    log_to_stderr("sidecar")
    roles = frozenset(role or sidecar.ROLES)
    if unknown := roles - set(sidecar.ROLES):
        raise UsageError(
            f"--role {' '.join(sorted(unknown))}: expected {', '.join(sidecar.ROLES)}"
        )
    return sidecar.run(_of_service(config), roles, only_check=check)


def wire(
    config: ConfigFile = DEFAULT_CONFIG,
    index: Annotated[int, typer.Option(help="Number of this wire, from 0.")] = 0,
    listen_fd: Listen = None,
) -> int:
    """Relay bytes between browsers and applications, and tap them."""
    from proxy.app import wire as role

    log_to_stderr(f"wire-{index}")
    return role.run(_of_service(config), index, _descriptors(listen_fd or []))


def record(config: ConfigFile = DEFAULT_CONFIG) -> int:
    """Read the tap: exchanges, actors, subjects, into the journal."""
    from proxy.app import recorder

    log_to_stderr("recorder")
    return recorder.run(_of_service(config))


def ship(config: ConfigFile = DEFAULT_CONFIG) -> int:
    """Move the journal into the store."""
    from proxy.app import shipper

    log_to_stderr("shipper")
    return shipper.run(_of_service(config))


def seal(config: ConfigFile = DEFAULT_CONFIG) -> int:
    """Seal the journal: signed evidence that nothing was changed."""
    from proxy.app import sealer

    log_to_stderr("sealer")
    return sealer.run(_of_service(config))


def ldv(config: ConfigFile = DEFAULT_CONFIG) -> int:
    """Send the lines of LDV, for citizens, to the receiver that the config names.

    Example of the config: ldv: {otlp: "https://logboek.example/v1/traces"}
    """
    from proxy.app import ldv as role

    log_to_stderr("ldv")
    return role.run(_of_service(config))


def attribute_across(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Do what can be done now, then end.")
    ] = False,
) -> int:
    """Compare what several sidecars recorded: names of sessions that move."""
    from proxy.app import across

    log_to_stderr("across")
    if not once:
        return across.run(_of_service(config))
    settings = load(config)
    with as_owner_of(settings.state):
        for line in across.run_once(settings):
            typer.echo(line)
    return 0


def admin(config: ConfigFile = DEFAULT_CONFIG) -> int:
    """Answer health checks and scrapes; push metrics where that is configured."""
    from proxy.app import admin as role

    log_to_stderr("admin")
    return role.run(_of_service(config))


def migrate(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what would be applied; change nothing.")
    ] = False,
    cluster: Annotated[
        str,
        typer.Option(
            help="With --plan: print the schema for this cluster; no store is asked."
        ),
    ] = "",
    roles: Annotated[
        bool,
        typer.Option("--roles", help="Make the roles of a server; with --plan: print."),
    ] = False,
    user: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=ROLE:FILE",
            help="With --roles: a user with this role and the password of this file.",
        ),
    ] = None,
) -> int:
    """Bring the store's schema up to date."""
    from proxy.app.schema import bring_up, bring_up_roles

    log_to_stderr("migrate")
    if user and not roles:
        raise UsageError("--user goes with --roles")
    if roles:
        told = bring_up_roles(load(config), plan_only=plan, users=user or ())
        for line in told:
            typer.echo(line)
        return 0
    for line in bring_up(load(config), plan_only=plan, cluster=cluster):
        typer.echo(line)
    return 0


def _of_service(file: Path) -> Config:
    """The config of a process that keeps running."""
    config = load(file)
    refuse_root(config.state)
    return config


def _descriptors(pairs: list[str]) -> dict[str, int]:
    found = {}
    for pair in pairs:
        name, equals, number = pair.rpartition("=")
        if not equals or not number.isdigit():
            raise UsageError(f"--listen-fd {pair}: expected APPLICATION=NUMBER")
        found[name] = int(number)
    return found
