"""``whosaw crosswalk``: ids of one client, from a file, and what contradicts."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from proxy.app.access import keys_of
from proxy.asking.asked import Asked
from proxy.cli.ask import asking
from proxy.cli.identity import told
from proxy.cli.inquiring import inquire
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Why
from proxy.cli.printing import mistakes
from proxy.config import load as load_config
from proxy.crosswalk import MOST_BYTES, check, pairs_of
from proxy.csv_lines import FileRefused
from proxy.deposit import deposit
from proxy.errors import ExitCode, UsageError
from proxy.events import Event, IdentifiersPaired
from proxy.keys import KeyFile
from proxy.pseudonym import pseudonym
from proxy.recovery import seen
from proxy.store.crosswalk import conflicts_of

_NAME_SHOWN = 64


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Which ids are of one client.", no_args_is_help=True)
    group.callback()(_group)
    group.command("load")(load)
    group.command("conflicts")(conflicts)
    app.add_typer(group, name="crosswalk")


def _group() -> None:
    """Which ids are of one client."""


def load(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV, a line type,id,type,id.", exists=True, dir_okay=False
        ),
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    reason: Why = "",
) -> int:
    """Record the pairs of a file; nothing of it when a line is wrong.

    Example: whosaw crosswalk load pairs.csv --reason "monthly", with lines such as
    client,4711,bsn,123456782
    """
    settings = load_config(config)
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise UsageError(f"{file}: larger than {MOST_BYTES} bytes; load it in parts")
    try:
        count = check(data)
    except FileRefused as refused:
        raise mistakes(file, refused) from None
    keys = keys_of(settings)
    name = file.name[:_NAME_SHOWN]
    about = f"file {name} {hashlib.sha256(data).hexdigest()[:16]}"
    inquire(settings, Asked(question="crosswalk load", reason=reason, about=about))
    deposit(settings.tap_socket, _events(data, about, keys))
    typer.echo(f"{file}: {count:,} of {count:,} pairs recorded")
    return ExitCode.OK


def _events(data: bytes, source: str, keys: KeyFile) -> Iterator[Event]:
    """Each pair, and before it both ids where ids are recorded."""
    now_ns = time.time_ns()
    key, number, recovery = keys.subject_key, keys.subject_key_id, keys.recovering
    for pair in pairs_of(data):
        one = pseudonym(key, pair.one_type, pair.one)
        other = pseudonym(key, pair.other_type, pair.other)
        if recovery is not None:
            yield seen(recovery, "", now_ns, pair.one_type, pair.one, one, number)
            yield seen(recovery, "", now_ns, pair.other_type, pair.other, other, number)
        yield IdentifiersPaired(
            application="",
            wire=0,
            connection=0,
            request_offset=0,
            at_ns=now_ns,
            one_type=pair.one_type,
            one=one,
            other_type=pair.other_type,
            other=other,
            key=number,
            source=source,
            ruleset="",
        )


def conflicts(
    config: ConfigFile = DEFAULT_CONFIG,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 1_000,
    *,
    reason: Why = "",
    as_json: Json = False,
) -> int:
    """Ids that are paired with several ids of one type, which no question follows."""
    settings = load_config(config)
    inquire(settings, Asked(question="crosswalk conflicts", reason=reason))
    found = asking(settings, lambda store: conflicts_of(store, limit=limit))
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return ExitCode.OK
    for conflict in found:
        typer.echo(told(conflict))
    typer.echo(f"{len(found)} conflicts" + (" or more" * (len(found) == limit)))
    return ExitCode.OK
