"""``verify``, ``prove``, ``verify-proof``, ``export-evidence``: was it changed?

None of them needs the sidecar: a store or an export, and public keys, are enough.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Why
from proxy.errors import ExitCode, UnavailableError, UsageError
from proxy.evidence.proof import Proof, ProofRefused, follow
from proxy.seal_key import load_public
from proxy.store.chains import reference
from proxy.store.client import ClickHouseStore, StoreSettings, connect
from proxy.store.port import StoreRejected, StoreUnavailable
from proxy.verification import anchors as anchored
from proxy.verification.export import ExportSource, write
from proxy.verification.proving import NotProvable
from proxy.verification.proving import prove as make_proof
from proxy.verification.report import Options, Report
from proxy.verification.run import verify as check
from proxy.verification.source import Source
from proxy.verification.store import StoreSource
from proxy.verification.trust import forgeries, nothing_sealed, unchecked

_SHOWN = 20
"""Findings that are printed; the rest is a number, and in the JSON."""

StoreUrl = Annotated[
    str | None, typer.Option("--store", help="URL of a store; else the config's.")
]
User = Annotated[str, typer.Option(help="User of --store.")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="File with the password of --store.")
]
Database = Annotated[str, typer.Option(help="Database of --store.")]
Export = Annotated[
    Path | None, typer.Option("--export", help="An export instead of a store.")
]
PublicKeys = Annotated[
    list[Path],
    typer.Option(
        "--public-key", help="PEM file of public keys, in the order of their use."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(verify)
    app.command()(prove)
    app.command("verify-proof")(verify_proof)
    app.command("export-evidence")(export_evidence)


def verify(
    public_key: PublicKeys,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    store: StoreUrl = None,
    user: User = "reader",
    password_file: PasswordFile = None,
    database: Database = "whosaw",
    export: Export = None,
    anchors: Annotated[
        Path | None, typer.Option(help="Directory of anchored seals and time-stamps.")
    ] = None,
    tsa_roots: Annotated[
        Path | None, typer.Option(help="PEM of time-stamping authorities to believe.")
    ] = None,
    erased_before: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Rows sealed before may have been erased; else the config's "
            "store.retention says so.",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that compute.")
    ] = min(os.cpu_count() or 1, 8),
    as_json: Json = False,
) -> int:
    """Check that no sealed row was changed, removed or added; exit code 1 if so.

    Exit code 4 when nothing is sealed yet: then nothing can be said.
    """
    found = anchored.read(anchors) if anchors else anchored.Anchors()
    trusted = anchored.roots(tsa_roots) if tsa_roots else []
    before = erased_before.replace(tzinfo=UTC).timestamp() if erased_before else 0
    if erased_before is None and store is None and export is None:
        before = _shortest(config)
    options = Options(
        keys=load_public(public_key),
        anchors=found.seals,
        erased_before_ns=round(before * 1e9),
        workers=workers,
    )
    with _source(config, store, user, password_file, database, export) as source:
        report = check(source, options)
    for each in found.findings:
        report.add(each)
    stamps = []
    for stamp in anchored.stamped(report.nodes.values(), found.stamps, trusted):
        if isinstance(stamp, anchored.Stamped):
            stamps.append(stamp)
        else:
            report.add(stamp)
    said = _Said(
        report=report,
        forgeries=list(forgeries(report, found.seals, stamps)),
        unchecked=list(unchecked(report, stamps)),
    )
    if as_json:
        typer.echo(json.dumps(_plain(said), indent=2))
    else:
        _print(said)
    if report.nothing_sealed:
        return ExitCode.UNDECIDED
    return ExitCode.FAILED if report.findings else ExitCode.OK


def prove(
    view: Annotated[str, typer.Argument(help="NODE:EPOCH:SEQ of a row.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    store: StoreUrl = None,
    user: User = "reader",
    password_file: PasswordFile = None,
    database: Database = "whosaw",
    export: Export = None,
    reason: Why = "",
) -> int:
    """Print a proof that one row is sealed, which shows no other row.

    Without --store and --export the config's store is asked: then with --reason.
    """
    try:
        wanted = reference(view)
    except ValueError as error:
        raise UsageError(f"{view}: {error}") from error
    if store is None and export is None:
        _inquire(config, "prove", reason, f"row {view}")
    with _source(config, store, user, password_file, database, export) as source:
        try:
            proof = make_proof(source, wanted.node, wanted.epoch, wanted.seq)
        except NotProvable as error:
            typer.echo(f"whosaw: {view}: {error}", err=True)
            return ExitCode.FAILED
    typer.echo(msgspec.json.format(msgspec.json.encode(proof), indent=2).decode())
    return ExitCode.OK


def verify_proof(
    file: Annotated[
        Path, typer.Argument(help="What whosaw prove printed; - is stdin.")
    ],
    public_key: PublicKeys,
) -> int:
    """Check the proof of one row; exit code 1 when it does not hold."""
    keys = load_public(public_key)
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        proof = msgspec.json.decode(data, type=Proof)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise UsageError(f"{file}: no proof: {error}") from error
    try:
        seal = follow(proof, keys)
    except ProofRefused as error:
        typer.echo(f"not proven: {error}")
        return ExitCode.FAILED
    at = datetime.fromtimestamp(seal.sealed_at_ns // 1_000_000_000, UTC)
    typer.echo(
        f"proven: this row of {proof.table} is {seal.node}:{seal.epoch}:"
        f"{proof.row['seq']} as it was sealed in seal {seal.number} at {at:%F %T}Z "
        f"with the key {seal.key}"
    )
    return ExitCode.OK


def export_evidence(
    directory: Annotated[Path, typer.Argument(help="A new directory.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    store: StoreUrl = None,
    user: User = "reader",
    password_file: PasswordFile = None,
    database: Database = "whosaw",
    reason: Why = "",
) -> int:
    """Write all sealed rows, seals and seeds to files that whosaw verify reads.

    Without --store the config's store is asked: then with --reason.
    """
    from proxy.verification.export import sealed_stretches

    if store is None:
        _inquire(config, "export-evidence", reason, "all sealed rows")
    with _client(config, store, user, password_file, database) as client:
        source = StoreSource(client, in_order=True)
        size = write(directory, source, sealed_stretches(source))
    typer.echo(f"{directory}: {size} bytes of rows")
    return ExitCode.OK


def _inquire(config: Path, question: str, reason: str, about: str) -> None:
    """Of whoever comes with an account of the store, the store's own log tells."""
    from proxy.asking.asked import Asked
    from proxy.cli.inquiring import inquire
    from proxy.config import load

    inquire(load(config), Asked(question=question, reason=reason, about=about))


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """A report and what it means."""

    report: Report
    forgeries: list[str]
    unchecked: list[str]

    def first_line(self) -> str:
        """The verdict."""
        report = self.report
        if report.nothing_sealed:
            return nothing_sealed(report)
        counted = f"{report.rows} rows in {report.seals} seals"
        first = report.first()
        if first is None:
            return f"nothing was changed: {counted}"
        number = len(report.findings) + report.more
        return f"CHANGED: {number} findings, the first at {first.place()} ({counted})"


def _shortest(config: Path) -> float:
    """Rows sealed after this time are too young to have been erased."""
    from proxy.config import load

    return datetime.now(UTC).timestamp() - load(config).store.retention.shortest


@contextmanager
def _source(
    config: Path,
    url: str | None,
    user: str,
    password_file: Path | None,
    database: str,
    export: Path | None,
) -> Iterator[Source]:
    if export is not None:
        if url is not None:
            raise UsageError("--store and --export: give one of them")
        yield ExportSource(export)
        return
    with _client(config, url, user, password_file, database) as client:
        yield StoreSource(client, floors=True)


@contextmanager
def _client(
    config: Path, url: str | None, user: str, password_file: Path | None, database: str
) -> Iterator[ClickHouseStore]:
    if url is None:
        from proxy.app.access import store_client
        from proxy.config import load

        client = store_client(load(config))
    else:
        from proxy.keys import secret

        password = secret(password_file) if password_file else ""
        client = connect(
            StoreSettings(url=url, user=user, password=password, database=database)
        )
    try:
        yield client
    except (StoreUnavailable, StoreRejected) as error:
        raise UnavailableError(
            f"the store at {client.settings.url}: {error}"
        ) from error
    finally:
        client.close()


def _plain(said: _Said) -> dict[str, Any]:
    report = said.report
    return {
        "changed": bool(report.findings),
        "nothing_sealed": report.nothing_sealed,
        "verdict": said.first_line(),
        "rows": report.rows,
        "seals": report.seals,
        "unsealed": report.unsealed,
        "erased": report.erased,
        "erased_seals": [list(each) for each in report.erased_runs],
        "findings": [
            {
                "fault": each.fault.value,
                "place": each.place(),
                "node": each.node,
                "epoch": each.epoch,
                "seq": each.seq,
                "last": each.last,
                "seal": each.seal,
                "text": each.text,
            }
            for each in sorted(report.findings)
        ],
        "more_findings": report.more,
        "could_have_forged": said.forgeries,
        "not_checked": said.unchecked,
    }


def _print(said: _Said) -> None:
    report = said.report
    typer.echo(said.first_line())
    for each in sorted(report.findings)[:_SHOWN]:
        typer.echo(f"  {each.place()}: {each.fault.value}: {each.text}")
    rest = len(report.findings) + report.more - _SHOWN
    if rest > 0:
        typer.echo(f"  and {rest} more; --json names them")
    typer.echo("who could have forged what:")
    for line in said.forgeries:
        typer.echo(f"  {line}")
    typer.echo("not checked:")
    for line in said.unchecked:
        typer.echo(f"  {line}")
