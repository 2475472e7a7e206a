"""Findings to a SIEM: over HTTP or syslog, with a cursor and bounded retries.

At least once: the cursor (a small file) moves after the receiver took a finding, so a
crash in between sends it again; ``metadata.uid`` tells the receiver. Syslog has no
acknowledgement: what a connection took and lost is lost, HTTP does not have that. A
receiver that does not answer is tried ``TRIES`` times, then at the next run; nothing is
skipped and nothing is dropped. Suppressed findings are not sent.

A finding's time is that of its run and another run may be a little older: the cursor
remembers the ids of its last hour and looks that far back.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec
import urllib3

from proxy.detections.catalogue import Severity
from proxy.detections.findings import Finding, ask
from proxy.detections.ocsf import detection_finding
from proxy.store.port import QuestionsAndRows

TRIES = 3
PAUSE = 1.0
"""Seconds before the second try; twice that before the third."""
SECONDS = 10.0
"""For one finding."""
MOST = 1_000
"""Findings of one push; the rest goes with the next."""
OVERLAP = timedelta(hours=1)
_LOG_AUDIT = 13
"""Facility of RFC 5424, 6.2.1."""
_SYSLOG_SEVERITY = {Severity.LOW: 5, Severity.MEDIUM: 4, Severity.HIGH: 2}


class PushFailed(Exception):
    """The receiver did not take a finding; it and those after it are sent again."""


class Receiver(Protocol):
    """Somewhere findings go."""

    def send(self, finding: Finding) -> None:
        """Hand over one finding.

        Raises:
            PushFailed: it is not there, or nobody knows.
        """


class HttpReceiver:
    """POST of one JSON object; any 2xx takes it."""

    def __init__(self, url: str, token: str = "") -> None:
        self._url = url
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(total=SECONDS), retries=False
        )

    def send(self, finding: Finding) -> None:
        """See ``Receiver``."""
        body = json.dumps(detection_finding(finding)).encode()
        try:
            answer = self._pool.request(
                "POST", self._url, body=body, headers=self._headers, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            # The text of the error may hold the address, and that a token.
            raise PushFailed(f"http receiver: {type(error).__name__}") from None
        if not 200 <= answer.status < 300:
            raise PushFailed(f"http receiver: it answered {answer.status}")


class SyslogReceiver:
    """RFC 5424 over TCP, framed by octet counting (RFC 6587, 3.4.1)."""

    def __init__(self, host: str, port: int, node: str) -> None:
        self._address = (host, port)
        self._node = node

    def send(self, finding: Finding) -> None:
        """See ``Receiver``."""
        message = syslog_message(finding, self._node)
        try:
            with socket.create_connection(self._address, SECONDS) as connection:
                connection.sendall(b"%d %b" % (len(message), message))
                # Its end says that the other side has read so far, if it says so.
                connection.shutdown(socket.SHUT_WR)
        except OSError as error:
            told = error.strerror or type(error).__name__
            raise PushFailed(f"syslog receiver: {told}") from error


def syslog_message(finding: Finding, node: str) -> bytes:
    """RFC 5424, 6: header, no structured data, the event as JSON in ASCII."""
    priority = _LOG_AUDIT * 8 + _SYSLOG_SEVERITY[finding.severity]
    at = finding.at.astimezone(UTC).isoformat(timespec="milliseconds")
    head = f"<{priority}>1 {at.replace('+00:00', 'Z')} {node} whosaw - finding - "
    return (head + json.dumps(detection_finding(finding))).encode("ascii")


class _Cursor(msgspec.Struct):
    at: datetime = datetime(1971, 1, 1, tzinfo=UTC)
    """Of the newest finding that was sent."""
    sent: dict[str, datetime] = msgspec.field(default_factory=dict)
    """Those of the last ``OVERLAP`` before it."""


class Pusher:
    """Sends what is new since its cursor."""

    def __init__(
        self,
        store: QuestionsAndRows,
        receiver: Receiver,
        cursor: Path,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self.receiver = receiver
        self._path = cursor
        self._pause = pause

    def push(self) -> int:
        """Send what is new, oldest first; how many.

        Raises:
            PushFailed: the receiver does not take them; those before were sent.
            StoreUnavailable, StoreRejected, OSError: nothing or not all was sent.
        """
        cursor = self._load()
        since = cursor.at - OVERLAP
        found = ask(
            self._store,
            "at >= parseDateTime64BestEffort({since:String}, 9, 'UTC') "
            "AND suppressed = '' AND id NOT IN {sent:Array(String)}",
            {"since": since.isoformat(), "sent": list(cursor.sent)},
            limit=MOST,
            oldest=True,
        )
        for finding, _ in found:
            self._send(finding)
            cursor.at = max(cursor.at, finding.at)
            cursor.sent[finding.id] = finding.at
            self._save(cursor)
        return len(found)

    def _send(self, finding: Finding) -> None:
        for number in range(TRIES):
            try:
                self.receiver.send(finding)
            except PushFailed:
                if number == TRIES - 1:
                    raise
                self._pause(PAUSE * 2**number)
            else:
                return

    def _load(self) -> _Cursor:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Cursor)
        except (OSError, msgspec.MsgspecError):
            # As before the first push: sent again, under the same ids.
            return _Cursor()

    def _save(self, cursor: _Cursor) -> None:
        kept = {i: at for i, at in cursor.sent.items() if at >= cursor.at - OVERLAP}
        cursor.sent = kept
        temporary = self._path.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(cursor))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
