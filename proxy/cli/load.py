"""``whosaw load``: staff, caseload and watchlist from files."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from proxy.app.access import keys_of
from proxy.app.account import account
from proxy.asking.asked import Asked
from proxy.cli.ask import asking
from proxy.cli.inquiring import inquire
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Why
from proxy.cli.printing import mistakes
from proxy.config import load as load_config
from proxy.context_files import MOST_BYTES, ContextKind, check
from proxy.csv_lines import FileRefused
from proxy.errors import ExitCode, UsageError
from proxy.store.context import ContextFile
from proxy.store.context import load as load_into

_NAME_SHOWN = 64


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(load)


def load(
    kind: Annotated[ContextKind, typer.Argument(help="Which table.")],
    file: Annotated[
        Path,
        typer.Argument(help="CSV with a heading.", exists=True, dir_okay=False),
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    reason: Why = "",
) -> int:
    """Load who works where, who works on whose case, or whose records are watched.

    Headings: employee,team,unit,own.client,valid_from,valid_to for staff,
    employee,subject,valid_from,valid_to for caseload and
    subject,reason,valid_from,valid_to for watchlist. Nothing is loaded when a line
    is wrong; the same file again adds nothing.
    """
    settings = load_config(config)
    data = _read(file)
    try:
        rows = check(kind, data)
    except FileRefused as refused:
        raise mistakes(file, refused) from None
    keys = keys_of(settings)
    found = ContextFile(
        kind=kind,
        data=data,
        name=file.name[:_NAME_SHOWN],
        rows=rows,
        loaded_by=account(),
    )
    about = f"{kind.value} of {found.name} {sha256(data).hexdigest()[:16]}"
    inquire(settings, Asked(question="load", reason=reason, about=about))
    before = asking(
        settings, lambda store: load_into(store, found, keys.subject, datetime.now(UTC))
    )
    if before is not None:
        typer.echo(
            f"{file}: was loaded on {before.astimezone():%F %T}, nothing is added"
        )
    else:
        typer.echo(f"{file}: {rows:,} rows of {kind.value} loaded")
    return ExitCode.OK


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise UsageError(f"{file}: larger than {MOST_BYTES} bytes; load it in parts")
    return data
