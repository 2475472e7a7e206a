"""``export``: the views of a period as a file for another system."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import Progress

from proxy.app.access import store_client
from proxy.asking.asked import Asked
from proxy.cli.ask import From, To, period
from proxy.cli.inquiring import inquire
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Why
from proxy.config import Config, load
from proxy.errors import ExitCode, UnavailableError, UsageError
from proxy.exports.lines import Format, head, line
from proxy.exports.slices import STATEMENT, rows, slices
from proxy.exports.slices import period as parameters
from proxy.store.client import ClickHouseStore
from proxy.store.port import StoreRejected, StoreUnavailable

ANSWER_SECONDS = 600
"""For one slice, or the whole of a Parquet file."""

EPILOG = """Examples:

whosaw export --format ocsf --from 2026-05-01 --to 2026-06-01
--reason "monthly to the SIEM" --out may.jsonl

whosaw export --format csv --from 2026-05-01 --reason "case 7" | zstd > may.csv.zst

whosaw export --format parquet --from 2026-05-01 --reason "case 7"
--out may.parquet

Accounts and pseudonyms are in it; see docs/reports.md."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(export)


def export(
    output: Annotated[Format, typer.Option("--format", help="Of the file.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    start: From = None,
    end: To = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="A new file (0600), whole or not there; or stdout."),
    ] = None,
    reason: Why = "",
) -> int:
    """Write all views of a period, with names that were learned later."""
    settings = load(config)
    since, until = period(start, end)
    inquire(
        settings,
        Asked(
            question="export",
            reason=reason,
            about=f"all views as {output.value}",
            start=since,
            end=until,
        ),
    )
    try:
        with _target(out) as file, _asking(settings) as store, _bar() as bar:
            if output is Format.PARQUET:
                told = _parquet(store, since, until, file, bar)
            else:
                told = _rows(store, since, until, file, output, bar)
    except OSError as error:
        where = "stdout" if out is None else f"--out {out}"
        raise UnavailableError(f"{where}: {error.strerror}; no export") from error
    typer.echo(told, err=True)
    return ExitCode.OK


def _rows(
    store: ClickHouseStore,
    since: datetime,
    until: datetime,
    file: BinaryIO,
    output: Format,
    bar: Progress,
) -> str:
    parts = slices(store, since, until)
    task = bar.add_task("views", total=sum(part.rows for part in parts))
    file.write(head(output))
    written = 0
    for part in parts:
        for row in rows(store, part):
            file.write(line(output, row))
            written += 1
            if written % 1000 == 0:
                bar.update(task, completed=written)
    bar.update(task, completed=written)
    return f"{written} views"


def _parquet(
    store: ClickHouseStore,
    since: datetime,
    until: datetime,
    file: BinaryIO,
    bar: Progress,
) -> str:
    """The store makes the file: one answer, as a foot that names its parts ends it."""
    task = bar.add_task("bytes", total=None)
    size = 0
    for chunk in store.stream(STATEMENT, parameters(since, until), form="Parquet"):
        file.write(chunk)
        size += len(chunk)
        bar.update(task, completed=size)
    return f"{size} bytes"


@contextlib.contextmanager
def _asking(settings: Config) -> Iterator[ClickHouseStore]:
    store = store_client(settings, answer_seconds=ANSWER_SECONDS)
    try:
        yield store
    except (StoreUnavailable, StoreRejected) as error:
        raise UnavailableError(
            f"the store at {settings.store.url}: {error}; nothing was exported; if its "
            "schema is not up to date, run: whosaw migrate"
        ) from error
    finally:
        store.close()


@contextlib.contextmanager
def _bar() -> Iterator[Progress]:
    """A bar on stderr when that is a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        yield bar


@contextlib.contextmanager
def _target(out: Path | None) -> Iterator[BinaryIO]:
    """Where to write; a file gets its name when it is whole."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if out.exists():
        raise UsageError(f"--out {out}: it is there already")
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        made = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror}") from error
    try:
        with os.fdopen(made, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.rename(out)
    finally:
        part.unlink(missing_ok=True)
