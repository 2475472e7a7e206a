"""``whosaw keys``: the keys that seals are signed with and captures encrypted to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from proxy.capture import keys as capture_keys
from proxy.capture.envelope import fingerprint as capture_fingerprint
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile
from proxy.config import load
from proxy.evidence.seal import fingerprint
from proxy.key_pair import public_path
from proxy.seal_key import create


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Keys of a sidecar.", no_args_is_help=True)
    group.callback()(_group)
    group.command("make-seal-key")(make_seal_key)
    group.command("make-capture-key")(make_capture_key)
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
