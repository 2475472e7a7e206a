"""Files: secrets that others may read, the state directory and its disk."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from proxy import private_file
from proxy.config import Config
from proxy.doctor.finding import Finding, Grade
from proxy.errors import UsageError
from proxy.ownership import as_owner_of

SYNCS = 20
SLOW_SYNC = 0.010
"""Seconds: a gated page waits for one, and a commit is due every 5 ms."""


def secrets(config: Config) -> Iterator[Finding]:
    """Every file with a key or a password, those that will be made left out."""
    named: dict[Path, bool] = {config.keys: True}
    named[config.store.password_file] = config.store.embedded
    if config.seals.enabled:
        named[config.seals.key] = True
    if config.admin is not None and config.admin.token_file is not None:
        named[config.admin.token_file] = False
    if config.canary is not None:
        named[config.canary.password_file] = False
    for application in config.applications:
        if application.tls is not None:
            named[application.tls.key] = False
    if config.plain_ids:
        said = "ids of clients are kept as they are, for every reader of the store"
        yield Finding("pseudonyms", str(config.file), Grade.NOTE, said)
    for path, made in named.items():
        if made and not path.exists():
            yield Finding("secret", str(path), Grade.NOTE, "will be made at the start")
            continue
        try:
            # Root reads everything: what counts is what the sidecar can read.
            with as_owner_of(config.state), path.open("rb") as file:
                private_file.refuse_shared(path, os.fstat(file.fileno()))
        except OSError as error:
            said = error.strerror or "cannot be read"
            do = "make it, mode 0600, owned by the user of the sidecar"
            yield Finding("secret", str(path), Grade.REFUSED, said, do)
        except UsageError:
            do = f"chmod 600 {path}"
            yield Finding("secret", str(path), Grade.REFUSED, "others may read it", do)
        else:
            yield Finding("secret", str(path), Grade.GOOD, "nobody else may read it")


def disk(config: Config) -> Iterator[Finding]:
    """Room for the journal, and how long a commit takes."""
    place = config.state
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK):
        do = f"chown it to the user of the sidecar: {place}"
        yield Finding(
            "state", str(config.state), Grade.REFUSED, "cannot be written", do
        )
        return
    yield room(config.state, shutil.disk_usage(place).free, config.journal.most)
    yield quick(config.state, _sync_seconds(place))


def room(state: Path, free: int, most: int) -> Finding:
    """Whether the journal may grow to its bound."""
    said = f"{free / 2**30:.1f} GiB free, the journal may take {most / 2**30:.1f}"
    if free >= most * 1.1:
        return Finding("disk", str(state), Grade.GOOD, said)
    do = "a larger disk, or a smaller journal.most: a full disk is a gap"
    return Finding("disk", str(state), Grade.BAD, said, do)


def quick(state: Path, seconds: float) -> Finding:
    """Whether the disk acknowledges fast enough."""
    said = f"a write is on disk after {seconds * 1e3:.1f} ms (median of {SYNCS})"
    if seconds <= SLOW_SYNC:
        return Finding("disk", str(state), Grade.GOOD, said)
    do = "a local disk: gated pages wait that long, and the recorder falls behind"
    return Finding("disk", str(state), Grade.BAD, said, do)


def _sync_seconds(place: Path) -> float:
    took = []
    with tempfile.TemporaryFile(dir=place) as file:
        for _ in range(SYNCS):
            file.write(bytes(4096))
            file.flush()
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - begun)
    return statistics.median(took)
