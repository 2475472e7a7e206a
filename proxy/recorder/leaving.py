"""What of a wire that ended without a goodbye nobody will ever know; pure.

What it saw in the time of such a gap and had not sent died with it. The time
begins where the recorder knows that it was told everything, and ends when the
wire was missed. Of a wire that connected and had not sent again what it kept, the
former is what the journal has noted (``Source.told_ns``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from proxy.events import GapKind, GapRecorded
from proxy.recorder.source import Source, State

Rests = Mapping[str, Sequence[tuple[int, int]]]
"""Application → bytes, up and down, that were seen of its open connections and
that nothing else covers."""


def of_gone(source: Source, rests: Rests, *, replaying: bool) -> list[GapRecorded]:
    """Gaps of a wire whose stream ended. A goodbye leaves one only where it left
    connections open."""
    told_ns = source.watermark_ns + source.wall_ns
    if source.bye:
        reason = "bye_with_open_connections"
        return [_gap(source, reason, told_ns, 0, app, rests[app]) for app in rests]
    if replaying:
        told_ns = source.told_ns or source.missed_ns
    return [
        _gap(source, "no_bye", told_ns, source.missed_ns, application, lost)
        for application, lost in (rests or {"": []}).items()
    ]


def of_unexpected(source: Source, from_ns: int, to_ns: int) -> list[GapRecorded]:
    """The gap of a wire that only the journal knows; ``from_ns`` where the journal
    does not know how far it had told."""
    connections = len(source.done.keys() - {0})
    if not connections and not source.told_ns:
        return []
    from_ns = source.told_ns or from_ns
    nothing = [(0, 0)] * connections
    return [_gap(source, "did_not_return", from_ns, to_ns, "", nothing)]


def of_unknown(boot: int, from_ns: int, to_ns: int) -> GapRecorded:
    """The gap of a wire that had begun and never spoke to a recorder."""
    return _gap(Source(boot, State.GONE), "never_connected", from_ns, to_ns, "", ())


def _gap(
    source: Source,
    reason: str,
    from_ns: int,
    to_ns: int,
    application: str,
    lost: Sequence[tuple[int, int]],
) -> GapRecorded:
    return GapRecorded(
        application=application,
        wire=source.boot,
        connection=0,
        kind=GapKind.WIRE_LOST,
        reason=reason,
        intended=False,
        from_ns=from_ns,
        to_ns=max(from_ns, to_ns),
        connections=len(lost),
        up_bytes=sum(up for up, _ in lost),
        down_bytes=sum(down for _, down in lost),
        client_address="",
    )
