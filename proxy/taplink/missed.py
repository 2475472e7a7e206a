"""Connections beyond the bound on tracked ones: counted together, not forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
from typing_extensions import override

from proxy.tapgate import Hold
from proxy.tapstream import Ended, Kind, LossReason, Missed, Tap, pack_header


class Untracked(Tap):
    """The tap of a connection nobody can track: it counts, and tells at its end."""

    __slots__ = ("_application", "_hold", "_opened_ns", "_told")

    def __init__(
        self,
        application: str,
        opened_ns: int,
        told: Callable[[str, int, Ended, int], None],
        hold: Callable[[str, int, Callable[[], None]], Hold | None],
    ) -> None:
        self._hold = hold
        self._application = application
        self._opened_ns = opened_ns
        self._told: Callable[[str, int, Ended, int], None] | None = told

    @override
    def data(self, up: bool, data: bytes, time_ns: int) -> None:
        """Counted by END."""

    @override
    def eof(self, up: bool, time_ns: int) -> None:
        """Nothing to tell."""

    @override
    def detach(self, time_ns: int) -> None:
        """Nothing was seen anyway."""

    @override
    def gate(self, wake: Callable[[], None]) -> Hold | None:
        """What is held was not recorded, and will not be."""
        hold = self._hold(self._application, 0, wake)
        if hold is not None:
            hold.failed("too_many_connections")
        return hold

    @override
    def end(self, ended: Ended, time_ns: int) -> None:
        """Its totals join those of the others."""
        if self._told is not None:
            self._told(self._application, self._opened_ns, ended, time_ns)
            self._told = None


_Key = tuple[str, int, str]
"""Application, reason and detail."""


class MissedTotals:
    """Totals per application and reason: one frame under way each, the rest
    accumulating.

    Bounded by the applications of the config and the reasons there are.
    """

    __slots__ = ("_sent", "_serial", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[_Key, Missed] = {}
        self._sent: dict[_Key, Missed] = {}
        self._serial = 0

    def add(
        self, application: str, since_ns: int, ended: Ended, until_ns: int, absent: bool
    ) -> None:
        """One more connection ended untracked."""
        reason = LossReason.RECORDER_ABSENT if absent else LossReason.SHED
        missed = Missed(
            serial=0,
            application=application,
            reason=reason,
            connections=1,
            up=ended.up,
            down=ended.down,
            since_ns=since_ns,
            until_ns=until_ns,
        )
        self.note(missed)

    def note(self, missed: Missed) -> None:
        """Add to what waits for the same application and reason."""
        key = (missed.application, missed.reason, missed.detail)
        before = self._waiting.get(key)
        if before is not None:
            missed = msgspec.structs.replace(
                missed,
                connections=missed.connections + before.connections,
                up=missed.up + before.up,
                down=missed.down + before.down,
                since_ns=min(missed.since_ns, before.since_ns),
            )
        self._waiting[key] = missed

    def frames(self, time_ns: int, *, again: bool) -> Iterator[tuple[bytes, bytes]]:
        """What may be sent now; with ``again`` also what was sent and not committed."""
        if again:
            for missed in sorted(self._sent.values(), key=lambda m: m.serial):
                yield _frame(missed, time_ns)
        for key in list(self._waiting):
            if key not in self._sent:
                self._serial += 1
                missed = msgspec.structs.replace(
                    self._waiting.pop(key), serial=self._serial
                )
                self._sent[key] = missed
                yield _frame(missed, time_ns)

    def commit(self, serial: int) -> None:
        """Frames up to this serial are on disk."""
        for key in [k for k, m in self._sent.items() if m.serial <= serial]:
            del self._sent[key]

    @property
    def since_ns(self) -> int:
        """When the first of what is not committed began; 0: nothing is owed."""
        owed = (*self._waiting.values(), *self._sent.values())
        return min((each.since_ns for each in owed), default=0)

    @property
    def empty(self) -> bool:
        """Everything told and committed."""
        return not self._waiting and not self._sent


def _frame(missed: Missed, time_ns: int) -> tuple[bytes, bytes]:
    payload = msgspec.msgpack.encode(missed)
    header = pack_header(Kind.MISSED, 0, missed.serial, time_ns, len(payload))
    return header, payload
