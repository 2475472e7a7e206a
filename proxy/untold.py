"""Gaps that commands of this host know of, kept until they are recorded: an edge.

Whoever takes traffic off the sidecar must be able to do so while no recorder runs.
So a gap is first written to ``STATE/untold``, synced, and handed over
(``proxy.deposit``) when a recorder is there: now, or the next time anybody tells one.

Failure modes: a gap may be recorded twice when the recorder ends before it has
answered; it says nothing then that is not true. What is not an event is set aside
as ``….bad``.
"""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path

import msgspec

from proxy.deposit import deposit
from proxy.errors import UnavailableError
from proxy.events import Event, GapKind, GapRecorded, decode, encode

logger = logging.getLogger(__name__)

REASON_MOST = 300
"""Characters of a reason."""
PATIENCE = 5.0
"""Seconds a recorder may take; it is asked again later."""
BATCH = 500
"""Gaps handed over at once."""


def capture_off(
    application: str,
    reason: str,
    from_ns: int,
    to_ns: int,
    *,
    connections: int = 0,
    intended: bool = True,
) -> GapRecorded:
    """A time in which traffic was kept off the sidecar; moments in ns since 1970."""
    return GapRecorded(
        application=application,
        wire=0,
        connection=0,
        kind=GapKind.CAPTURE_OFF,
        reason=reason[:REASON_MOST],
        intended=intended,
        from_ns=from_ns,
        to_ns=max(from_ns, to_ns),
        connections=connections,
        up_bytes=0,
        down_bytes=0,
        client_address="",
    )


def tell(state: Path, tap_socket: Path, event: GapRecorded) -> bool:
    """Have this recorded, now or later; whether it is on the recorder's disk.

    Raises:
        UnavailableError: the state directory cannot be written, and nobody took it.
    """
    directory = _directory(state)
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = directory / f"{event.from_ns:020d}-{secrets.token_hex(4)}"
        beside = path.with_suffix(".new")
        with beside.open("wb") as file:
            file.write(encode(event))
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path.with_suffix(".gap"))
    except OSError as error:
        logger.warning("a gap cannot be kept: %s", error.strerror)
        deposit(tap_socket, [event], patience=PATIENCE)
        return True
    return hand_over(state, tap_socket)


def hand_over(state: Path, tap_socket: Path) -> bool:
    """Give what is kept to the recorder, if there is one; whether nothing is left."""
    found: list[Event] = []
    files = sorted(_directory(state).glob("*.gap"))
    for path in files[:BATCH]:
        try:
            found.append(decode(path.read_bytes()))
        except (OSError, msgspec.MsgspecError):
            logger.warning("%s is no gap; it is set aside", path.name)
            path.rename(path.with_suffix(".bad"))
    if found:
        try:
            deposit(tap_socket, found, patience=PATIENCE)
        except UnavailableError:
            return False
    for path in files[:BATCH]:
        path.unlink(missing_ok=True)
    return len(files) <= BATCH


def _directory(state: Path) -> Path:
    return state / "untold"
