"""Connections beyond the bound on tracked ones: counted together, not forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
from typing_extensions import override

from proxy.tapstream import Ended, Kind, LossReason, Missed, Tap, pack_header


class Untracked(Tap):
    """The tap of a connection nobody can track: it counts, and tells at its end."""

    __slots__ = ("_application", "_opened_ns", "_told")

    def __init__(
        self,
        application: str,
        opened_ns: int,
        told: Callable[[str, int, Ended, int], None],
    ) -> None:
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
    def end(self, ended: Ended, time_ns: int) -> None:
        """Its totals join those of the others."""
        if self._told is not None:
            self._told(self._application, self._opened_ns, ended, time_ns)
            self._told = None


class MissedTotals:
    """Totals per application: one frame under way each, the rest accumulating.

    Bounded by the number of applications of the config.
    """

    __slots__ = ("_sent", "_serial", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[str, Missed] = {}
        self._sent: dict[str, Missed] = {}
        self._serial = 0

    def add(
        self, application: str, since_ns: int, ended: Ended, until_ns: int, absent: bool
    ) -> None:
        """One more connection ended untracked."""
        before = self._waiting.get(application)
        self._waiting[application] = Missed(
            serial=0,
            application=application,
            reason=LossReason.RECORDER_ABSENT if absent else LossReason.SHED,
            connections=1 + (before.connections if before else 0),
            up=ended.up + (before.up if before else 0),
            down=ended.down + (before.down if before else 0),
            since_ns=min(since_ns, before.since_ns) if before else since_ns,
            until_ns=until_ns,
        )

    def frames(self, time_ns: int, *, again: bool) -> Iterator[tuple[bytes, bytes]]:
        """What may be sent now; with ``again`` also what was sent and not committed."""
        if again:
            for missed in sorted(self._sent.values(), key=lambda m: m.serial):
                yield _frame(missed, time_ns)
        for application in list(self._waiting):
            if application not in self._sent:
                self._serial += 1
                missed = msgspec.structs.replace(
                    self._waiting.pop(application), serial=self._serial
                )
                self._sent[application] = missed
                yield _frame(missed, time_ns)

    def commit(self, serial: int) -> None:
        """Frames up to this serial are on disk."""
        for application in [a for a, m in self._sent.items() if m.serial <= serial]:
            del self._sent[application]

    @property
    def empty(self) -> bool:
        """Everything told and committed."""
        return not self._waiting and not self._sent


def _frame(missed: Missed, time_ns: int) -> tuple[bytes, bytes]:
    payload = msgspec.msgpack.encode(missed)
    header = pack_header(Kind.MISSED, 0, missed.serial, time_ns, len(payload))
    return header, payload
