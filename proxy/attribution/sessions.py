"""The table of session keys: facts by keyed digest, bounded, restorable.

Three parts. *Kept*: keys that were bound at some time; they survive a restart.
*Connections*: the same for connections as keys, which come and go with every
browser tab: in a table of their own, so that they push out no cookie. *Passing*:
keys that were only issued or ended (every visitor gets one before login); in
memory only, and apart, so that a flood of anonymous sessions cannot push out a
binding.

Persisted form of a key (msgpack array): version, wall minus monotonic, last
use, facts. Times are CLOCK_MONOTONIC with the difference beside it: after a
restart on the same boot they are exact, after a reboot they are carried over by
the wall clock. Blobs hold digests and account names, no session value.

The recorder commits changed blobs in the transaction of the events that changed
them. Applying an exchange again after a crash adds the same facts again, and an
equal fact is not added twice.
"""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from proxy.attribution.digest import UNCERTAIN
from proxy.attribution.facts import (
    AMBIGUOUS,
    BEFORE_LOGIN,
    UNKNOWN,
    Bound,
    Ended,
    Fact,
    Linked,
    Standing,
    same_name,
    standing,
)

_VERSION = 1
_SECOND_NS = 10**9
_SAME_BOOT_NS = 5 * _SECOND_NS
"""Wall minus monotonic drifts by the clock's discipline only, milliseconds a
day; a reboot changes it by at least the time the host had been up."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Bounds of the table; each has a counter in ``SessionCounters``."""

    kept: int = 200_000
    """Bound keys; 16,000 users with a few logins a day each, about 1 KB apiece."""
    passing: int = 50_000
    connections: int = 20_000
    """Connections that were bound to a name; the longest unused goes. More than
    the wires of a host carry at a time."""
    facts: int = 32
    """Per key: eight logins with their logouts while one wire is behind. Beyond
    it the oldest goes: old requests lose their name, none gets a wrong one."""
    links: int = 16
    """How many unresolved rotations are followed back."""
    forget_after_ns: int = 48 * 3_600 * _SECOND_NS
    """Unused for so long: dropped. Longer than any expiry, so that the reason
    can still be told."""
    use_saved_every_ns: int = 300 * _SECOND_NS
    """A use is written down when the one on disk is older than this; after a
    crash a session seems at most so much longer idle."""


@dataclass(slots=True)
class SessionCounters:
    """What the bounds cost."""

    evicted: int = 0
    """Kept keys dropped because the table was full."""
    passing_evicted: int = 0
    runs_evicted: int = 0
    """Runs of exchanges of unknown sessions that can no longer be named later."""
    connections_evicted: int = 0
    facts_dropped: int = 0
    forgotten: int = 0
    unreadable: int = 0
    """Blobs of a version or form this release does not know."""


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    version: int
    wall_minus_monotonic: int
    last_used: int
    facts: list[Fact]
    connection: bool = False


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Stored)


class Run(NamedTuple):
    """Exchanges of a session whose login was not seen, all of one peer."""

    first: int
    last: int
    peer: str
    exchanges: int


class _Key:
    __slots__ = ("connection", "facts", "kept", "last_used", "saved_use")

    def __init__(self, *, connection: bool = False) -> None:
        self.facts: list[Fact] = []
        self.connection = connection
        self.kept = False
        self.last_used = 0
        self.saved_use = 0


def _at(fact: Fact) -> int:
    return fact.at


class Sessions:
    """Session keys of all applications of one recorder."""

    def __init__(self, limits: SessionLimits = SessionLimits()) -> None:
        self.limits = limits
        self.counters = SessionCounters()
        # One dict each for finding and for order of use, oldest first.
        self._kept: OrderedDict[bytes, _Key] = OrderedDict()
        self._connections: OrderedDict[bytes, _Key] = OrderedDict()
        self._passing: OrderedDict[bytes, _Key] = OrderedDict()
        self._runs: OrderedDict[bytes, Run] = OrderedDict()
        self._dropped: list[bytes] = []

    def __len__(self) -> int:
        return len(self._kept)

    def standing(self, key: bytes, start: int, end: int) -> Standing:
        """What this key was for a request that lasted from start to end.

        Never a ``link``: rotations are followed back to the login they carry.
        """
        return self._standing(key, start, end, self.limits.links)

    def before(self, key: bytes, start: int, end: int) -> Standing:
        """The same, without what the request itself brought."""
        state = self._find(key)
        if state is None:
            return AMBIGUOUS if key == UNCERTAIN else UNKNOWN
        own = (start, end)
        facts = [each for each in state.facts if (each.anchor, each.known) != own]
        found = standing(facts, start, end)
        if found.link is None:
            return found
        return self._follow(key, state, found.link, self.limits.links)

    def settled(self, key: bytes, before: int) -> bool:
        """Whether the key was bound and nothing has happened to it since then."""
        state = self._kept.get(key)
        return (
            state is not None
            and type(state.facts[-1]) is Bound
            and state.facts[-1].known < before
        )

    def is_shared(self, connection: bytes, name: str) -> bool:
        """Whether a connection was bound to another name before, or to several."""
        state = self._find(connection)
        return state is not None and any(
            fact.actor.name.casefold() != name.casefold()
            if type(fact) is Bound
            else type(fact) is Ended and fact.reason == "ambiguous"
            for fact in state.facts
        )

    def knows(self, key: bytes) -> bool:
        """Whether anything was noted about a key."""
        return self._find(key) is not None

    def _find(self, key: bytes) -> _Key | None:
        return (
            self._kept.get(key) or self._passing.get(key) or self._connections.get(key)
        )

    def add(self, key: bytes, fact: Fact, *, connection: bool = False) -> bool:
        """Take note of a fact; False when it was known already.

        ``connection``: the key is that of a connection.
        """
        if key == UNCERTAIN:
            return False
        state = self._find(key)
        if state is None:
            state = _Key(connection=connection)
            self._passing[key] = state
            if len(self._passing) > self.limits.passing:
                self._passing.popitem(last=False)
                self.counters.passing_evicted += 1
        elif fact in state.facts or _is_carried(fact, state.facts):
            return False
        insort(state.facts, fact, key=_at)
        if len(state.facts) > self.limits.facts:
            del state.facts[0]
            self.counters.facts_dropped += 1
        if type(fact) is Bound and not state.kept:
            self._keep(key, state)
        state.last_used = max(state.last_used, fact.at)
        return True

    def met(self, key: bytes, start: int, peer: str) -> None:
        """An exchange of a key of which nothing is known began at ``start``.

        Another peer with the same key begins a new run, later than anything of
        the one before: what either did may be another person's.
        """
        run = self._runs.get(key)
        if run is None:
            run = Run(start, start, peer, 1)
            if len(self._runs) >= self.limits.passing:
                self._runs.popitem(last=False)
                self.counters.runs_evicted += 1
        elif run.peer == peer:
            run = Run(run.first, max(run.last, start), peer, run.exchanges + 1)
        else:
            first = max(start, run.last + 1)
            run = Run(first, first, peer, int(first == start))
        self._runs[key] = run
        self._runs.move_to_end(key)

    def end_run(self, key: bytes) -> Run | None:
        """The run of a key that is known from now on, forgotten herewith."""
        return self._runs.pop(key, None)

    def last_used(self, key: bytes) -> int:
        """Time of the latest use, 0 for a key that is not kept."""
        state = self._kept.get(key) or self._connections.get(key)
        return 0 if state is None else state.last_used

    def use(self, key: bytes, at: int) -> bool:
        """The key was used; True when that should be written down."""
        table = self._kept
        state = table.get(key)
        if state is None:
            table = self._connections
            state = table.get(key)
        if state is None:
            return False
        table.move_to_end(key)
        state.last_used = max(state.last_used, at)
        return state.last_used - state.saved_use > self.limits.use_saved_every_ns

    def sweep(self, now: int) -> None:
        """Forget the key that was longest unused, if it was so for long enough.

        Called once per exchange, so that the work is spread.
        """
        if not self._kept:
            return
        key, state = next(iter(self._kept.items()))
        if now - state.last_used > self.limits.forget_after_ns:
            del self._kept[key]
            self._dropped.append(key)
            self.counters.forgotten += 1

    def changes(
        self, keys: Iterable[bytes], wall_minus_monotonic: int
    ) -> list[tuple[bytes, bytes | None]]:
        """What to persist: these keys as they are now, and those dropped since."""
        found: list[tuple[bytes, bytes | None]] = []
        if self._dropped:
            # A key that came back after it was dropped is written, not deleted.
            found = [
                (key, None)
                for key in self._dropped
                if key not in self._kept and key not in self._connections
            ]
            self._dropped = []
        for key in keys:
            state = self._kept.get(key) or self._connections.get(key)
            if state is None:
                continue
            state.saved_use = state.last_used
            stored = _Stored(
                _VERSION,
                wall_minus_monotonic,
                state.last_used,
                state.facts,
                state.connection,
            )
            found.append((key, _encoder.encode(stored)))
        return found

    def load(
        self, items: Iterable[tuple[bytes, bytes]], wall_minus_monotonic: int
    ) -> None:
        """Take over what an earlier recorder persisted."""
        read: list[tuple[bytes, _Key]] = []
        for key, blob in items:
            try:
                stored = _decoder.decode(blob)
            except msgspec.DecodeError:
                self.counters.unreadable += 1
                continue
            if stored.version != _VERSION:
                self.counters.unreadable += 1
                continue
            shift = stored.wall_minus_monotonic - wall_minus_monotonic
            if abs(shift) < _SAME_BOOT_NS:
                shift = 0
            state = _Key(connection=stored.connection)
            state.facts = [_shifted(fact, shift) for fact in stored.facts]
            state.last_used = state.saved_use = stored.last_used + shift
            read.append((key, state))
        read.sort(key=lambda item: item[1].last_used)
        for key, state in read:
            self._keep(key, state)

    def _keep(self, key: bytes, state: _Key) -> None:
        state.kept = True
        self._passing.pop(key, None)
        if state.connection:
            self._connections[key] = state
            if len(self._connections) > self.limits.connections:
                oldest, _ = self._connections.popitem(last=False)
                self._dropped.append(oldest)
                self.counters.connections_evicted += 1
            return
        self._kept[key] = state
        if len(self._kept) > self.limits.kept:
            oldest, _ = self._kept.popitem(last=False)
            self._dropped.append(oldest)
            self.counters.evicted += 1

    def _standing(self, key: bytes, start: int, end: int, links: int) -> Standing:
        state = self._find(key)
        if state is None:
            return AMBIGUOUS if key == UNCERTAIN else UNKNOWN
        found = standing(state.facts, start, end)
        if found.link is None:
            return found
        if links == 0:
            return BEFORE_LOGIN
        return self._follow(key, state, found.link, links - 1)

    def _follow(self, key: bytes, state: _Key, link: Linked, links: int) -> Standing:
        """The binding a rotated key took over, noted down so that it stays."""
        bound: Bound | None = None
        if link.claim is not None:
            bound = Bound(link.at, link.known, link.anchor, link.anchor, link.claim)
        for parent in link.parents:
            found = self._standing(parent, link.anchor, link.known, links)
            other = found.bound
            if other is None:
                if found.reason == "ambiguous":
                    return AMBIGUOUS
                continue
            if bound is not None and not same_name(bound.actor, other.actor):
                return AMBIGUOUS
            bound = other
        if bound is None:
            return BEFORE_LOGIN
        carried = Bound(
            at=link.at,
            known=link.known,
            anchor=link.anchor,
            since=bound.since,
            actor=msgspec.structs.replace(bound.actor, session=key.hex()),
        )
        state.facts[state.facts.index(link)] = carried
        if not state.kept:
            self._keep(key, state)
        return Standing(bound=carried)


def _is_carried(fact: Fact, facts: list[Fact]) -> bool:
    """Whether this rotation already stands there as the binding it became."""
    return type(fact) is Linked and any(
        type(other) is Bound and (other.at, other.anchor) == (fact.at, fact.anchor)
        for other in facts
    )


def _shifted(fact: Fact, shift: int) -> Fact:
    if not shift:
        return fact
    moved = msgspec.structs.replace(
        fact, at=fact.at + shift, known=fact.known + shift, anchor=fact.anchor + shift
    )
    if isinstance(moved, Bound):
        return msgspec.structs.replace(moved, since=moved.since + shift)
    return moved
