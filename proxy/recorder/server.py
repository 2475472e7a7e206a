"""The recorder's socket, timers and report.

The socket is 0600 in a directory of 0700, and the peer's uid is checked: who
can write to it can forge evidence, who can subscribe reads all traffic.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from proxy.clock import Clock, SystemClock
from proxy.events import Event
from proxy.recorder import gaps
from proxy.recorder.assembly import Assembly
from proxy.recorder.committer import Committer
from proxy.recorder.deciding import SessionChange
from proxy.recorder.deposits import Deposits
from proxy.recorder.evening import Heard, ahead
from proxy.recorder.gaps import Blindness
from proxy.recorder.gating import gated_frame, gates_of
from proxy.recorder.listening import Listening
from proxy.recorder.living import Living
from proxy.recorder.marking import Marking
from proxy.recorder.peer import Peer, own_uids
from proxy.recorder.settings import RecorderSettings
from proxy.recorder.source import Source, State
from proxy.recorder.subscribers import Subscribers
from proxy.tapgate import Release
from proxy.tapstream import (
    Hello,
    Kind,
    SourceState,
    pack,
    pack_committed,
    pack_forget,
    pack_release,
)

logger = logging.getLogger(__name__)

_ASK = pack(Kind.ASK_WATERMARK, 0, 0, 0)
_ASK_EVERY = 0.005
"""Seconds between two rounds of ASK_WATERMARK: the answer takes one or two."""
_TICK = 0.02


class Recorder:
    """One recorder. ``run`` is its life.

    Args:
        settings: see there.
        clock: the host's clocks.
    """

    def __init__(self, settings: RecorderSettings, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.limits = settings.limits
        self.lag_ns = 0
        """Age of the last frame when it was processed."""
        self.refused = 0
        """Peers turned away: uid, version, no introduction."""
        self.allowed_uids = (
            own_uids() if settings.allowed_uids is None else settings.allowed_uids
        )
        self._settings = settings
        self._peers: set[Peer] = set()
        """Everyone connected, introduced or not."""
        self._streams: dict[int, Peer] = {}
        """Wires by boot id."""
        self.subscribers = Subscribers(self.limits)
        self.committer = Committer(
            settings.journal,
            self.clock,
            self.limits,
            self._acknowledge,
            settings.shadow,
        )
        self.deposits = Deposits(self.committer)
        self.assembly = Assembly(
            settings.applications, self, self.limits, settings.journal.progress(), self
        )
        self._living = Living(
            self.committer.add, self.clock, self.status, self.limits.sign_of_life
        )
        self._marking = Marking(
            settings.markers, self.committer, self.clock, self.limits.start_grace
        )
        self._gated = gates_of(settings.applications)
        self._holding = False
        self._ahead: frozenset[int] = frozenset()
        self._stopping = False
        self._stopped = False
        self._asked = 0.0
        self._heartbeat_ns = settings.journal.last_heartbeat_ns or self.clock.wall_ns()

    async def run(
        self, stop: asyncio.Event, started: Callable[[], None] | None = None
    ) -> None:
        """Listen until ``stop``, then commit what was read and close the socket.

        Raises:
            UnavailableError: the socket cannot be made.
        """
        loop = asyncio.get_running_loop()
        self._tell_unclean_stop()
        if self._settings.gates is not None:
            self._settings.gates(self._gated)
        async with asyncio.TaskGroup() as group:
            commits = group.create_task(self.committer.run())
            ticks = group.create_task(self._tick())
            living = group.create_task(self._living.run())
            start_grace = loop.call_later(self.limits.start_grace, self._unexpected)
            try:
                async with Listening(self._settings.socket_path, lambda: Peer(self)):
                    if started is not None:
                        started()
                    await stop.wait()
            finally:
                start_grace.cancel()
                ticks.cancel()
                living.cancel()
                self._stopping = True
                self._hold(True)
                self.assembly.decisions.drain()
                self.committer.finish()
                patience = loop.call_later(
                    self.limits.commit_retry_most, commits.cancel
                )
        patience.cancel()
        if commits.cancelled():
            logger.warning("the journal did not take the last events; wires keep them")
        self._stopped = True
        for peer in list(self._peers):
            peer.transport.close()
        self.committer.close()

    def status(self) -> dict[str, Any]:
        """Figures for the report: see ``docs/recorder.md``."""
        return {
            "wires": len(self._streams),
            "lag_ms": self.lag_ns / 1e6,
            "refused_peers": self.refused,
            "subscribers_dropped": self.subscribers.dropped,
            "deposited": self.deposits.taken,
            "holding": self._holding,
            "gated": dict(self._gated),
            **self.assembly.status(),
            **self.committer.status(),
        }

    def _tell_unclean_stop(self) -> None:
        journal = self._settings.journal
        times = (self._heartbeat_ns, self.clock.wall_ns())
        self.committer.add(
            gaps.of_stop(journal.stopped_cleanly, journal.set_aside, *times)
        )

    # What peers call.

    def joined(self, peer: Peer) -> None:
        """Somebody connected."""
        self._peers.add(peer)
        if self._stopped:
            # Accepted by a server that was closing: nobody will read it.
            peer.transport.abort()

    def parted(self, peer: Peer) -> None:
        """Somebody is gone."""
        self._peers.discard(peer)

    def hello(self, peer: Peer, hello: Hello) -> Source:
        """A wire introduced itself; an older stream of it is closed."""
        before = self._streams.pop(hello.boot, None)
        if before is not None:
            before.replaced = True
            before.transport.abort()
        self._streams[hello.boot] = peer
        source = self.assembly.connected(hello)
        if not source.told_ns:
            # Before anything of it is committed: it may die while it sends.
            source.told_ns = source.owed_ns(self.clock.wall_ns())
            self.committer.told(source.boot, source.told_ns)
        self._marking.introduced(hello.boot)
        self._settings.journal.keep_boots(list(self.assembly.sources))
        self.subscribers.connected(source)
        peer.transport.write(gated_frame(self._gated))
        self._read(peer, hello.boot)
        asyncio.get_running_loop().call_later(
            self.limits.start_grace, self._replayed, source
        )
        return source

    def processed(self, last_ns: int) -> None:
        """A chunk of frames went through the assembly."""
        self.lag_ns = self.clock.monotonic_ns() - last_ns
        if self.assembly.decisions.waiting:
            self._ask()
        if len(self._streams) > 1:
            self._even()
        if not self._holding and self.committer.full:
            self._hold(True)

    def left(self, peer: Peer, source: Source) -> None:
        """A wire's stream ended."""
        if self._streams.get(source.boot) is peer:
            del self._streams[source.boot]
        if source.bye:
            self.subscribers.state(source, SourceState.ENDED)
            self.assembly.gone(source)
            return
        source.missed_ns = self.clock.wall_ns()
        self.subscribers.state(source, SourceState.DETACHED)
        self.assembly.detached(source)
        asyncio.get_running_loop().call_later(
            self.limits.wire_grace, self._given_up, source, source.streams
        )

    # What the assembly calls (deciding.Output).

    def released(
        self,
        source: Source,
        number: int,
        covered: tuple[int, int] | None,
        events: Iterable[Event],
        sessions: Iterable[SessionChange],
    ) -> None:
        """To the committer."""
        self.committer.released(source, number, covered, events, sessions)
        connection = source.connections.get(number)
        if connection is not None and connection.gate and connection.gate.blocked:
            self.committer.hurry()

    def settled(self, boot: int, number: int) -> None:
        """To the committer."""
        self.committer.settled(boot, number)

    def forget(
        self, source: Source, number: int, up: int, down: int, blindness: Blindness
    ) -> None:
        """To the wire, if it is there."""
        detail, since_ns = blindness.detail(), blindness.since_ns
        self._write(source, pack_forget(number, up, down, detail, since_ns))

    def release(self, source: Source, number: int, release: Release) -> None:
        """To the wire, if it is there."""
        self._write(source, pack_release(number, release))

    def refuse(self, source: Source, number: int, reason: str) -> None:
        """To the wire, if it is there."""
        self._write(source, pack(Kind.REFUSE, number, 0, 0, reason.encode()))

    def _write(self, source: Source, frame: bytes) -> None:
        peer = self._streams.get(source.boot)
        if peer is not None:
            peer.transport.write(frame)

    # Timers.

    def _unexpected(self) -> None:
        self.assembly.unexpected(self._heartbeat_ns, self.clock.wall_ns())
        self._collect_markers()

    def _collect_markers(self) -> None:
        living = self.assembly.sources.keys() | self._streams.keys()
        self._marking.collect(living)

    def _replayed(self, source: Source) -> None:
        if self.assembly.sources.get(source.boot) is source:
            self.assembly.caught_up(source)
            self.assembly.decisions.release()

    def _given_up(self, source: Source, streams: int) -> None:
        if source.state is State.DETACHED and source.streams == streams:
            self.subscribers.state(source, SourceState.GONE)
            self.assembly.gone(source)
            self._collect_markers()

    async def _tick(self) -> None:
        due = 0.0
        while True:
            await asyncio.sleep(_TICK)
            now = asyncio.get_running_loop().time()
            if now >= due:
                due = now + self.limits.heartbeat
                self._note_told()
            if gates_of(self._settings.applications) != self._gated:
                self._regate()
            if self.assembly.gating.late:
                self.assembly.gating.tell_late()
            if self._ahead or self.assembly.decisions.waiting:
                self._ask()
                self._even()
                self.assembly.decisions.release()
                self.assembly.gating.tell()

    def _note_told(self) -> None:
        for boot, told_ns in self.assembly.sources.tell().items():
            self.committer.told(boot, told_ns)
        self._marking.look(self.assembly.sources.keys() | self._streams.keys())
        # One that says nothing has to be asked how far it is.
        for peer in self._streams.values():
            peer.transport.write(_ASK)

    def _ask(self) -> None:
        now = asyncio.get_running_loop().time()
        if len(self._streams) > 1 and now - self._asked >= _ASK_EVERY:
            self._asked = now
            for peer in self._streams.values():
                peer.transport.write(_ASK)

    def _acknowledge(self, acknowledged: dict[int, list[tuple[int, int, int]]]) -> None:
        self.assembly.gating.tell()  # what is refused before what would release it
        for boot, covered in acknowledged.items():
            peer = self._streams.get(boot)
            if peer is not None:
                peer.transport.write(self._committed(boot, covered))
        self.assembly.gating.tell()
        self._marking.committed()
        self.deposits.committed()
        if self._holding and not self.committer.full and not self._stopping:
            self._hold(False)

    def _regate(self) -> None:
        """Another rule set is in force: say what is held from now on."""
        self._gated = gates_of(self._settings.applications)
        if self._settings.gates is not None:
            self._settings.gates(self._gated)
        for boot, peer in self._streams.items():
            peer.transport.write(gated_frame(self._gated))
            source = self.assembly.sources.get(boot)
            if source is not None:
                self.assembly.gating.again(source.connections.values())
        self.assembly.gating.tell()

    def _committed(self, boot: int, covered: list[tuple[int, int, int]]) -> bytes:
        source = self.assembly.sources.get(boot)
        frames: list[bytes] = []
        for number, up, down in covered:
            connection = None if source is None else source.connections.get(number)
            gate = None if connection is None else connection.gate
            inside = gate is not None and gate.inside == down
            frames.append(pack_committed(number, up, down, inside=inside))
            if gate is not None:
                gate.committed(down)
        return b"".join(frames)

    def _even(self) -> None:
        """Stop reading wires that are far ahead, go on with those that were."""
        sources = self.assembly.sources
        heard = {
            boot: Heard(sources[boot].watermark_ns, peer.heard)
            for boot, peer in self._streams.items()
        }
        before = self._ahead
        self._ahead = ahead(
            heard,
            before,
            now=asyncio.get_running_loop().time(),
            most_ns=int(self.limits.ahead * 1e9),
            stalled=self.limits.stalled,
        )
        for boot in before ^ self._ahead:
            peer = self._streams.get(boot)
            if peer is not None:
                self._read(peer, boot)

    def _hold(self, holding: bool) -> None:
        self._holding = holding
        for boot, peer in self._streams.items():
            self._read(peer, boot)

    def _read(self, peer: Peer, boot: int) -> None:
        """Let the wire's stream be read, or not, as things stand."""
        if peer.transport.is_closing():
            return
        if self._holding or boot in self._ahead:
            peer.transport.pause_reading()
        else:
            peer.transport.resume_reading()
