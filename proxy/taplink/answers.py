"""What the recorder's frames make a wire do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from proxy.tapgate import Release
from proxy.tapstream import Frame, Kind, LossReason, Lost, StreamBroken

if TYPE_CHECKING:
    from proxy.taplink.link import TapLink

_SIZES = {
    Kind.COMMITTED: range(8, 10),
    Kind.FORGET: range(8, 1 << 20),
}


def take(link: TapLink, frame: Frame) -> None:
    """Do as a frame says; those of an unknown kind are skipped.

    Raises:
        StreamBroken: a payload that makes no sense.
    """
    kind, number, offset, _, payload = frame
    try:
        if kind in _SIZES and len(payload) not in _SIZES[Kind(kind)]:
            raise StreamBroken(len(payload), [])
        if kind == Kind.COMMITTED:
            _committed(link, number, offset, payload)
        elif kind == Kind.RELEASE:
            tracked = link.tracked.get(number)
            if tracked is not None:
                tracked.release(Release.of(offset, payload))
        elif kind == Kind.ASK_WATERMARK:
            link.tell_watermark()
        elif kind == Kind.FORGET:
            _forget(link, frame)
        elif kind == Kind.REFUSE:
            tracked = link.tracked.get(number)
            if tracked is not None and tracked.held is not None:
                link.gates.refuse(tracked.held, payload.decode(errors="replace"))
        elif kind == Kind.GATED:
            link.gated(msgspec.msgpack.decode(payload, type=dict[str, bool]))
    except (ValueError, msgspec.MsgspecError) as error:
        raise StreamBroken(len(payload), []) from error


def _committed(link: TapLink, number: int, offset: int, payload: bytes) -> None:
    link.progressed()
    if number == 0:
        link.missed_committed(offset)
        return
    tracked = link.tracked.get(number)
    if tracked is not None:
        down = int.from_bytes(payload[:8], "little")
        tracked.commit(offset, down, inside=len(payload) > 8)
    if link.gates.failing:
        link.gates.recovered()


def _forget(link: TapLink, frame: Frame) -> None:
    tracked = link.tracked.get(frame.connection)
    if tracked is None or tracked.silent:
        return
    down = int.from_bytes(frame.payload[:8], "little")
    lost = Lost(
        reason=LossReason.FORGOTTEN,
        up=frame.offset,
        down=down,
        since_ns=frame.time_ns or link.last_ns,
        detail=frame.payload[8:].decode(errors="replace"),
    )
    link.counters.lost_bytes += tracked.lose_from(frame.offset, down, lost)
