"""Why a connection is not read, and the event that says so; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from proxy.events import GapKind, GapRecorded
from proxy.exchange.model import Opaque
from proxy.journal.model import SetAside
from proxy.taplink.markers import Marker
from proxy.tapstream import LossReason, Lost, Missed

_KINDS = {kind.value: kind for kind in GapKind}
_KIND_OF_LOSS = {
    LossReason.SHED: GapKind.SHED,
    LossReason.RECORDER_ABSENT: GapKind.RECORDER_ABSENT,
    LossReason.OBSERVER_FAILED: GapKind.OBSERVER_FAILED,
    LossReason.UNREPLAYABLE: GapKind.RECORDER_ABSENT,
    LossReason.FORGOTTEN: GapKind.OBSERVER_FAILED,
    LossReason.INTENDED: GapKind.CAPTURE_OFF,
}
_KIND_OF_MISSED: dict[int, GapKind] = {
    LossReason.RECORDER_ABSENT: GapKind.RECORDER_ABSENT,
    LossReason.GATE_OPENED: GapKind.GATE_OPENED,
    LossReason.GATE_CLOSED: GapKind.GATE_CLOSED,
}


@dataclass(frozen=True, slots=True)
class Blindness:
    """From when and why the rest of a connection is not read."""

    kind: GapKind
    reason: str
    since_ns: int
    """Monotonic."""
    intended: bool = False

    def detail(self) -> str:
        """What a wire keeps for another recorder; ``of_lost`` reads it."""
        return f"{self.kind.value}:{int(self.intended)}:{self.reason}"


def of_opaque(opaque: Opaque) -> Blindness:
    """Not HTTP any more: by agreement, or because it can be read in two ways."""
    kind = GapKind.OPAQUE_PROTOCOL if opaque.intended else GapKind.UNPARSEABLE
    return Blindness(kind, opaque.reason, opaque.time_ns, opaque.intended)


def of_lost(lost: Lost) -> Blindness:
    """The wire did not send it."""
    try:
        reason = LossReason(lost.reason)
    except ValueError:
        return Blindness(GapKind.SHED, f"loss_{lost.reason}", lost.since_ns)
    kind, _, rest = lost.detail.partition(":")
    intended, _, text = rest.partition(":")
    if reason is LossReason.FORGOTTEN and kind in _KINDS:
        return Blindness(_KINDS[kind], text, lost.since_ns, intended == "1")
    return Blindness(
        _KIND_OF_LOSS[reason],
        (reason is LossReason.INTENDED and lost.detail) or reason.name.lower(),
        lost.since_ns,
        reason is LossReason.INTENDED,
    )


def of_missed(missed: Missed, wire: int, wall_ns: int) -> GapRecorded:
    """Whole connections the wire could not track, or what became of those it held."""
    kind = _KIND_OF_MISSED.get(missed.reason, GapKind.SHED)
    return GapRecorded(
        application=missed.application,
        wire=wire,
        connection=0,
        kind=kind,
        reason=missed.detail or "too_many_connections",
        intended=False,
        from_ns=missed.since_ns + wall_ns,
        to_ns=missed.until_ns + wall_ns,
        connections=missed.connections,
        up_bytes=missed.up,
        down_bytes=missed.down,
        client_address="",
    )


def of_marker(marker: Marker, now_ns: int) -> list[GapRecorded]:
    """What a wire that died left on its disk: it ended at some time until now."""
    return [
        GapRecorded(
            application=application,
            wire=marker.boot,
            connection=0,
            kind=GapKind.GATE_OPENED,
            reason=mark.reason,
            intended=False,
            from_ns=mark.since_ns,
            to_ns=now_ns,
            connections=0,
            up_bytes=0,
            down_bytes=0,
            client_address="",
        )
        for application, mark in marker.marks.items()
    ]


def of_stop(
    cleanly: bool, aside: Iterable[SetAside], from_ns: int, to_ns: int
) -> list[GapRecorded]:
    """What the end of the recorder before this one, and of its journal, left open."""
    reasons = [] if cleanly else ["recorder"]
    reasons += [f"journal_set_aside:{each.epoch}:{each.first}" for each in aside]
    kind = GapKind.UNCLEAN_STOP
    return [of_time(kind, reason, from_ns, to_ns) for reason in reasons]


def of_time(kind: GapKind, reason: str, from_ns: int, to_ns: int) -> GapRecorded:
    """A time (wall clock) nobody was recording; no connection is known."""
    return GapRecorded(
        application="",
        wire=0,
        connection=0,
        kind=kind,
        reason=reason,
        intended=False,
        from_ns=from_ns,
        to_ns=to_ns,
        connections=0,
        up_bytes=0,
        down_bytes=0,
        client_address="",
    )
