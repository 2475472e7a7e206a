"""``whosaw keys``: made, rotated, and put in a safe."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from proxy.app.account import account
from proxy.capture import keys as capture_keys
from proxy.capture.envelope import fingerprint as capture_fingerprint
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile
from proxy.config import load
from proxy.errors import UsageError
from proxy.escrow import export as export_keys
from proxy.escrow import restore
from proxy.evidence.seal import fingerprint
from proxy.key_pair import public_path
from proxy.keys import rotate
from proxy.ownership import as_owner_of
from proxy.seal_key import create


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Keys of a sidecar.", no_args_is_help=True)
    group.callback()(_group)
    group.command("make-seal-key")(make_seal_key)
    group.command("make-capture-key")(make_capture_key)
    group.command("rotate")(rotate_command)
    group.command("export")(export)
    group.command("restore")(restore_command)
    app.add_typer(group, name="keys")


def _group() -> None:
    """Keys of a sidecar."""


def make_seal_key(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    out: Annotated[
        Path | None, typer.Option(help="Where; by default where the config says.")
    ] = None,
) -> int:
    """Make an Ed25519 key to sign seals with, and its public half beside it."""
    path = out if out is not None else load(config).seals.key
    with as_owner_of(path.parent):
        key = create(path)
    typer.echo(f"{path}: the private key {fingerprint(key.public_key())}, mode 0600")
    typer.echo(f"{public_path(path)}: its public half, for whosaw verify; keep a copy")
    return 0


def make_capture_key(
    out: Annotated[Path, typer.Argument(help="A new file, best not on the sidecar.")],
) -> int:
    """Make an X25519 key to open captures with, and its public half beside it.

    Example: whosaw keys make-capture-key ~/capture-key, then: whosaw capture --to
    """
    public = capture_keys.create(out).public_key().public_bytes_raw()
    told = capture_fingerprint(public)
    typer.echo(f"{out}: the private key {told}, mode 0600; it opens captures")
    typer.echo(f"{public_path(out)}: its public half, for capture --to")
    return 0


def rotate_command(
    kind: Annotated[str, typer.Argument(help="session, subject or recovery.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> int:
    """Add a newer key to the key file; older ones stay, so questions reach old rows.

    Restart the sidecar after it, and load caseload and watchlist again. A client counts
    twice in a period with two subject keys: see docs/keys.md.
    """
    path = load(config).keys
    with as_owner_of(path.parent):
        number = rotate(path, kind)
    typer.echo(f"{path}: {kind} key {number} is used from the next start on")
    typer.echo("the copy in the safe is older now: run whosaw keys export")
    return 0


def export(
    out: Annotated[Path, typer.Argument(help="A new file.")],
    to: Annotated[Path, typer.Option(help="Public X25519 key it is encrypted to.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> int:
    """Write the key file for a safe, encrypted to the public key of who keeps it.

    Example: whosaw keys make-capture-key escrow on another host, then here
    whosaw keys export keys.escrow --to escrow.pub
    """
    keys = load(config).keys
    export_keys(
        keys, out, capture_keys.load_public(to), by=account(), now_ns=time.time_ns()
    )
    typer.echo(f"{out}: the keys of {keys}, for who has the private key")
    return 0


def restore_command(
    escrow: Annotated[Path, typer.Argument(help="What keys export wrote.")],
    out: Annotated[Path, typer.Argument(help="A new key file.")],
    key: Annotated[Path, typer.Option(help="Private X25519 key that opens it.")],
) -> int:
    """Make a key file again of what was exported."""
    if out.exists():
        raise UsageError(f"{out}: is there already; keys are restored to a new file")
    restore(escrow, out, capture_keys.load(key), now_ns=time.time_ns())
    typer.echo(f"{out}: the key file, mode 0600")
    return 0
