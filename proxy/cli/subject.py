"""``whosaw subject``: which client a pseudonym is of, and forgetting one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from proxy.app.access import keys_of
from proxy.app.account import account
from proxy.asking.answering import REVEAL, pseudonyms
from proxy.asking.asked import Asked
from proxy.asking.model import Ask, Ids
from proxy.cli.ask import DEFAULT_PERIOD, asking, put
from proxy.cli.inquiring import inquire
from proxy.cli.options import (
    DEFAULT_CONFIG,
    ConfigFile,
    Json,
    Service,
    ServiceCa,
    TokenFile,
    Why,
)
from proxy.config import load
from proxy.errors import ExitCode
from proxy.pseudonym import pseudonym
from proxy.retention.forgetting import forget as forget_ids


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Clients behind pseudonyms.", no_args_is_help=True)
    group.callback()(_group)
    group.command("reveal")(reveal_command)
    group.command("forget")(forget)
    app.add_typer(group, name="subject")


def _group() -> None:
    """Clients behind pseudonyms."""


def reveal_command(
    subject: Annotated[
        list[str], typer.Argument(help="Pseudonyms, 32 hex digits, as answers show.")
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    reason: Why = "",
    service: Service = "",
    token_file: TokenFile = None,
    service_ca: ServiceCa = None,
    as_json: Json = False,
) -> int:
    """The ids that pseudonyms are of, by whoever has the key file, or its service.

    Exit code 1 when one of them cannot be turned back.
    """
    wanted = pseudonyms(tuple(subject))
    now = datetime.now(UTC)
    asked = Ask(
        question=REVEAL,
        reason=reason,
        start=now - DEFAULT_PERIOD,
        end=now,
        subjects=tuple(subject),
    )
    found = put(asked, Ids, config, service, token_file, service_ca).known
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(found), indent=2))
    else:
        by_subject = {each.subject: each for each in found}
        for each in wanted:
            known = by_subject.get(each.hex())
            if known is None:
                said = "not known: no id was recorded, or it was forgotten"
            else:
                shown = known.id if known.id.isprintable() else repr(known.id)
                said = f"{known.subject_type} {shown}" if known.id else known.trouble
            typer.echo(f"{each.hex()}  {said}")
    turned = {each.subject for each in found if each.id}
    whole = turned >= {each.hex() for each in wanted}
    return ExitCode.OK if whole else ExitCode.FAILED


def forget(
    client: Annotated[str, typer.Argument(help="The client's id, as screens show it.")],
    reason: Annotated[str, typer.Option(help="Why, such as a case number.")],
    config: ConfigFile = DEFAULT_CONFIG,
    subject_type: Annotated[
        str, typer.Option("--type", help="Subject type, as the rule set names it.")
    ] = "client",
    by: Annotated[
        str, typer.Option(help="Who says so; else the user of this process.")
    ] = "",
) -> int:
    """Empty what turns this client's pseudonyms back; who did so is recorded.

    Views stay, of a pseudonym. What is shown of the client later is recorded anew.
    """
    settings = load(config)
    keys = keys_of(settings).subject.values()
    subjects = [pseudonym(key, subject_type, client) for key in keys]
    inquire(
        settings,
        Asked(
            question="subject forget",
            reason=reason,
            subject_type=subject_type,
            subjects=tuple(each.hex() for each in subjects),
        ),
    )
    rows = asking(
        settings,
        lambda store: forget_ids(
            store,
            subjects,
            said_by=by or account(),
            reason=reason,
            now=datetime.now(UTC),
        ),
    )
    typer.echo(f"forgotten; {rows} rows held the id")
    return ExitCode.OK
