"""Events that other commands of this host hand to the recorder, which alone writes
the journal: pairs from a file, ids of subjects, what a better rule found, names that
several sidecars know together, gaps somebody meant.

A peer whose first frame is ``DEPOSIT`` sends nothing else; each frame is one
transaction, answered with ``DEPOSITED`` once it is on disk. Only what
``accepted`` says is taken: traffic is recorded from traffic.

Bounded: a frame holds ``proxy.tapstream.MAX_PAYLOAD`` bytes, and a peer that does not
wait for its answers is turned away.

Failure modes: what is no event of those kinds turns the peer away. A recorder that
ends before it answered may or may not have recorded the frame, so every such event is
one that says no more when it stands there twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from proxy.events import (
    FOUND_LATER,
    AttributionLearned,
    Event,
    GapKind,
    GapRecorded,
    IdentifiersPaired,
    ViewRecorded,
    decode,
)
from proxy.events.custody import SubjectSeen
from proxy.recorder.committer import Committer
from proxy.tapstream import Kind, pack

ACCEPTED = (AttributionLearned, IdentifiersPaired, SubjectSeen)
"""Kinds of events that are taken from a peer, beside views that were found later and
times in which traffic was kept off the sidecar."""
MOST_WAITING = 8
"""Frames of one peer that are not on disk yet."""


class DepositRefused(ValueError):
    """What a peer sent cannot be taken; the text says why and quotes nothing."""


class _Due(NamedTuple):
    commits: int
    """On disk once there were so many."""
    peer: object
    then: Callable[[], None]


class Deposits:
    """All of them.

    Args:
        committer: takes the events.

    """

    def __init__(self, committer: Committer) -> None:
        self.taken = 0
        """Events, since the start."""
        self._committer = committer
        self._due: deque[_Due] = deque()

    def take(self, transport: asyncio.Transport, payload: bytes) -> None:
        """One frame of a peer.

        Raises:
            DepositRefused: not events of the accepted kinds, or too many at once.
        """
        waiting = sum(due.peer is transport for due in self._due)
        if waiting >= MOST_WAITING:
            raise DepositRefused("it does not wait for its answers")
        events = read(payload)
        answer = pack(Kind.DEPOSITED, 0, len(events), 0)
        self.taken += len(events)
        self.record(transport, events, lambda: transport.write(answer))

    def record(
        self, peer: object, events: list[Event], then: Callable[[], None]
    ) -> None:
        """Have these committed, and say so by calling ``then``."""
        self._committer.add(events)
        self._due.append(_Due(self._committer.taken + 1, peer, then))

    def gone(self, peer: object) -> None:
        """Nobody waits for an answer there any more."""
        self._due = deque(due for due in self._due if due.peer is not peer)

    def committed(self) -> None:
        """A batch is on disk."""
        while self._due and self._due[0].commits <= self._committer.commits:
            self._due.popleft().then()


def accepted(event: Event) -> bool:
    """Whether it is taken from a peer."""
    if isinstance(event, GapRecorded):
        return event.kind is GapKind.CAPTURE_OFF
    if isinstance(event, ViewRecorded):
        return event.rule.startswith(FOUND_LATER)
    return isinstance(event, ACCEPTED)


def read(payload: bytes) -> list[Event]:
    """The events of a frame.

    Raises:
        DepositRefused: see ``Deposits.take``.
    """
    try:
        bodies = msgspec.msgpack.decode(payload, type=list[bytes])
        events = [decode(body) for body in bodies]
    except msgspec.MsgspecError:
        raise DepositRefused("its deposit holds what is no event") from None
    if not all(map(accepted, events)):
        raise DepositRefused("its deposit holds events that only traffic makes")
    return events
