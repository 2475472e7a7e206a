"""``attest``: one month as a document."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import typer

from proxy.app.access import store_client
from proxy.app.sealer import names
from proxy.cli.ask import FIRST_YEAR, LAST_YEAR
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile
from proxy.cli.saving import save
from proxy.config import Config, load
from proxy.errors import ExitCode, UnavailableError, UsageError
from proxy.reports.anchored import Anchoring
from proxy.reports.month import month
from proxy.reports.page import month_page
from proxy.seal_key import load_public
from proxy.sealing import outages
from proxy.store.port import StoreRejected, StoreUnavailable
from proxy.verification import anchors as anchored
from proxy.verification.report import Options
from proxy.verification.run import verify
from proxy.verification.store import StoreSource

ANSWER_SECONDS = 600
"""For one question of a month."""

EPILOG = """Examples:

whosaw attest 2026-05 --public-key seal-key.pem --out may.html

whosaw attest 2026-05 --public-key old.pem --public-key new.pem --format json

whosaw attest 2026-05 --zone Europe/Amsterdam --out may.html

Without --public-key the document says that nothing was verified. See
docs/reports.md."""


class Format(Enum):
    """How the document is written."""

    HTML = "html"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(attest)


def attest(
    name: Annotated[str, typer.Argument(metavar="MONTH", help="Such as 2026-05.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    public_key: Annotated[
        list[Path] | None,
        typer.Option(help="PEM of public keys of seals, in the order of their use."),
    ] = None,
    anchors: Annotated[
        Path | None,
        typer.Option(help="Directory of anchored seals to hold it against."),
    ] = None,
    zone: Annotated[str, typer.Option(help="Whose month it is.")] = "UTC",
    output: Annotated[Format, typer.Option("--format")] = Format.HTML,
    out: Annotated[
        Path | None, typer.Option("--out", help="A new file (0600); else stdout.")
    ] = None,
) -> int:
    """Say of a month what was recorded, verified, erased, missing and asked.

    Exit code 1 when the verification found that rows were changed, 4 when it found
    nothing sealed.
    """
    settings = load(config)
    start, end = _month(name, zone)
    keys = load_public(public_key) if public_key else None
    if anchors is not None and keys is None:
        raise UsageError("--anchors goes with --public-key")
    found = anchored.read(anchors) if anchors is not None else anchored.Anchors()
    now = datetime.now(UTC)
    store = store_client(settings, answer_seconds=ANSWER_SECONDS)
    try:
        verified = None
        if keys is not None:
            young = now.timestamp() - settings.store.retention.shortest
            options = Options(
                keys=keys,
                anchors=found.seals,
                erased_before_ns=round(young * 1e9),
                workers=min(os.cpu_count() or 1, 8),
            )
            verified = verify(StoreSource(store), options)
            for each in found.findings:
                verified.add(each)
        made = month(
            store,
            start,
            end,
            now,
            verified,
            anchoring=_anchoring(settings),
            held=found.seals,
        )
    except (StoreUnavailable, StoreRejected) as error:
        raise UnavailableError(
            f"the store at {settings.store.url}: {error}; if its schema is not up to "
            "date, run: whosaw migrate"
        ) from error
    finally:
        store.close()
    if output is Format.JSON:
        text = msgspec.json.format(msgspec.json.encode(made), indent=2).decode() + "\n"
    else:
        text = month_page(made)
    if out is None:
        sys.stdout.write(text)
    else:
        save(out, text)
        typer.echo(f"{out}: {made.verdict}", err=True)
    if made.changed:
        return ExitCode.FAILED
    if verified is not None and verified.nothing_sealed:
        return ExitCode.UNDECIDED
    return ExitCode.OK


def _anchoring(config: Config) -> Anchoring | None:
    """What this host's sealer has noted; None where there is none."""
    directory = config.seal_directory
    if not directory.is_dir():
        return None
    return Anchoring(
        node=config.node,
        names=tuple(names(config)),
        numbers=outages.anchored(directory),
        outages=outages.read(directory),
    )


def _month(name: str, zone: str) -> tuple[datetime, datetime]:
    """Its first moment, and that of the next.

    Raises:
        UsageError: no month, or no zone.
    """
    try:
        where = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"--zone {zone}: expected one such as UTC") from error
    try:
        start = datetime.strptime(name, "%Y-%m").replace(tzinfo=where)
    except ValueError as error:
        raise UsageError(f"{name}: expected a month such as 2026-05") from error
    if not FIRST_YEAR <= start.year < LAST_YEAR:
        raise UsageError(
            f"{name}: expected a year from {FIRST_YEAR} to {LAST_YEAR - 1}"
        )
    year, index = divmod(start.year * 12 + start.month, 12)
    return start, start.replace(year=year, month=index + 1)
