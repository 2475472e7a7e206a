"""Recorded traffic in any form: own captures, HAR files, ``.http`` files.

What a file is, is seen from its first bytes; its name does not matter.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from proxy.capture.keys import load as load_key
from proxy.capture.replaying import Replayed
from proxy.capture.replaying import replay as replay_capture
from proxy.connection_context import ConnectionContext
from proxy.errors import UsageError
from proxy.events import Event
from proxy.har import HarRefused, Recorded, main_host, read_har
from proxy.pairs import PairsRefused, read_pairs
from proxy.recorder.deciding import Application

KEY = "WHOSAW_CAPTURE_KEY"
"""Environment: file of the private key that captures are opened with."""
MOST_BYTES = 512 << 20
"""Of a file that is read whole; a HAR file of a day's work has 200 MB."""
_PEEKED = 4096


def replay(
    path: Path,
    applications: Mapping[str, Application],
    *,
    host: str = "",
    key: Path | None = None,
    replayed: Replayed | None = None,
) -> Iterator[Event]:
    """Events of a recording, in their order.

    Args:
        path: The file.
        applications: A fresh pipeline by application name. What is no capture does
            not name its application: there must be one only.
        host: Of a HAR file, the host whose exchanges count; empty: the one that
            most of them went to.
        key: Of an encrypted capture; by default the file that ``KEY`` names.
        replayed: Filled in for captures.

    Raises:
        UsageError: the file cannot be read, or is none of these.
    """
    recorded = _read(path)
    if recorded is None:
        key = key or (Path(named) if (named := os.environ.get(KEY)) else None)
        private = None if key is None else load_key(key)
        yield from replay_capture(path, applications, key=private, replayed=replayed)
        return
    if len(applications) != 1:
        names = ", ".join(applications)
        raise UsageError(f"{path}: of which application? Name one of {names}")
    ((name, application),) = applications.items()
    host = host or main_host(recorded)
    for each in recorded:
        if each.host != host:
            continue
        context = ConnectionContext(
            application=name,
            wire=1,
            connection=each.connection,
            client_address="",
            wall_minus_monotonic_ns=0,
        )
        prepared = application.observe(context, each.exchange)
        yield from application.finish(prepared).events


def _read(path: Path) -> list[Recorded] | None:
    """The exchanges of what is no capture; None for what may be one."""
    try:
        with path.open("rb") as file:
            start = file.read(_PEEKED).removeprefix(b"\xef\xbb\xbf").lstrip()
            if start[:1] not in (b"{", b"#", b">"):
                return None
            file.seek(0)
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise UsageError(f"{path}: larger than {MOST_BYTES} bytes")
    try:
        return read_har(data) if start[:1] == b"{" else read_pairs(data)
    except (HarRefused, PairsRefused) as error:
        raise UsageError(f"{path}: {error}") from error
