"""One login on several nodes: names given and taken back, from what all saw.

Each sidecar names an exchange by what it saw itself. Behind a load balancer that
is not enough: a session whose login passed one node is unknown on the others, and
a login over the same key on another node makes the name of the first one stale.
With a shared session key secret both carry the same digest, so that once every
node's rows are in the store it can be told what belongs together.

Pure: the history of one key in, verdicts out; keys that one login was known by, one
after the other or at once, have their history together. Times are ns since the
epoch on the clock of the node that recorded them; two clocks differ by ``skew`` at
most, so two moments of different nodes that are no further apart have no order. In
doubt there is no name:

==============================  ============================================
an exchange that was recorded   gets, or loses, its name
==============================  ============================================
``unknown_session``             gets the name of another node's binding that
                                is surely older, when nothing of any node may
                                lie between: no login, logout, end, rotation,
                                conflict, no other peer, no pause longer than
                                the idle expiry
with a name                     loses it when something may have happened to
                                the key on another node since the binding
learned from a page             loses it in the same cases, up to that page
==============================  ============================================

A login that was refused is nothing that happened to the key; another login of the
same account takes no name away.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from proxy.attribution.histories import Bounds, Happening, History, Sighting, Told
from proxy.events import Actor, AttributionLearned, SessionKind

CONTESTED = "contested"
"""Another node saw something happen to the key: the name that was recorded, or
learned, cannot be relied on."""

_NOTHING_SEEN = frozenset({"unknown_session", "login_failed", "credentials_refused"})
"""Reasons of nameless exchanges that say nothing against an earlier binding."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be told of one exchange."""

    seen: Sighting
    actor: Actor
    by: Happening | Sighting
    """What it rests on: the binding, or what speaks against the name."""


def judge(
    history: History, bounds: Bounds, first: int, last: int
) -> list[AttributionLearned]:
    """The rows that are to be appended about exchanges that began in a period, and
    about earlier ones whose name was learned from a page in it.

    Args:
        history: Complete up to ``last``, the clocks' difference and the time that
            the longest login takes included.
        bounds: Of the nodes and this application.
        first: Begin of the period.
        last: Its end, not included.
    """
    judging = _Judging(history, bounds)
    later = [each for each in history.told if first <= each.at < last]
    verdicts = (
        (
            each,
            judging.of(each)
            if first <= each.start < last or any(told.covers(each) for told in later)
            else None,
        )
        for each in history.seen
    )
    return list(_grouped(history, verdicts))


class _Judging:
    def __init__(self, history: History, bounds: Bounds) -> None:
        self._history = history
        self._bounds = bounds
        self._starts = [each.start for each in history.seen]

    def of(self, seen: Sighting) -> Verdict | None:
        told = [each for each in self._history.told if each.covers(seen)]
        if any(not each.name for each in told):
            return None
        if seen.name:
            return self._taken_back(seen)
        if seen.reason != "unknown_session":
            return None
        giver = self._giver(seen)
        if not told:
            if giver is None:
                return None
            actor = msgspec.structs.replace(giver.actor, session=seen.key)
            return Verdict(seen, actor, giver)
        for each in told:
            if giver is not None and not giver.is_of(each.name):
                return self._contested(seen, giver)
            other = self._between(seen, each)
            if other is not None:
                return self._contested(seen, other)
        return None

    def _contested(self, seen: Sighting, by: Happening | Sighting) -> Verdict:
        return Verdict(seen, Actor(reason=CONTESTED, session=seen.key), by)

    # -- order ---------------------------------------------------------------

    def _apart(self, one: str, other: str) -> int:
        return 0 if one == other else self._bounds.skew

    def _is_before(self, one: Happening, node: str, moment: int) -> bool:
        """Surely over before this moment of a node."""
        apart = self._apart(one.node, node)
        return one.end + apart < moment or (not apart and one.end == moment)

    def _is_after(self, one: Happening, node: str, moment: int) -> bool:
        """Surely begun after this moment of a node."""
        return one.start - self._apart(one.node, node) > moment

    # -- giving --------------------------------------------------------------

    def _giver(self, seen: Sighting) -> Happening | None:
        """The binding of another node that holds for an unknown session."""
        if not self._history.whole:
            return None
        near = [
            each
            for each in self._history.happened
            if not self._is_after(each, seen.node, seen.start)
        ]
        if not near:
            return None
        # One login may give several keys.
        latest = [each for each in near if each.place == near[-1].place]
        giver = next((e for e in latest if e.binds and e.key == seen.key), None)
        if giver is None:
            return None
        name = giver.actor.name
        rest = [each for each in near if each not in latest or not each.is_of(name)]
        if (
            giver.node == seen.node
            or not giver.peer
            or giver.peer != seen.peer
            or not self._is_before(giver, seen.node, seen.start)
            or not all(self._is_before(e, giver.node, giver.start) for e in rest)
            or seen.start - giver.end > self._bounds.absolute
            or not self._is_sound(giver)
        ):
            return None
        return giver if self._is_undisturbed(giver, seen) else None

    def _is_sound(self, giver: Happening) -> bool:
        """What a rotation carried on was the actor's still, as all nodes saw it."""
        if giver.kind is not SessionKind.ROTATED:
            return True
        login = self._bound_by(giver.node, giver.actor.binding)
        return login is not None and not any(
            each.node != giver.node
            and not self._is_before(each, login.node, login.start)
            and not self._is_after(each, giver.node, giver.end)
            and not each.is_of(giver.actor.name)
            for each in self._history.happened
        )

    def _is_undisturbed(self, giver: Happening, seen: Sighting) -> bool:
        """No exchange from the binding to this one speaks against it."""
        skew, idle = self._bounds.skew, self._bounds.idle
        used = giver.end
        for each in self._from(giver.start - skew):
            if each.start > seen.start + skew:
                break
            if each.key != seen.key:
                continue
            # Within one node there is an order.
            if each.node == giver.node and each.start < giver.start:
                continue
            if each.node == seen.node and each.start > seen.start:
                continue
            if each.peer != giver.peer:
                return False
            if each.name and not giver.is_of(each.name):
                return False
            if not each.name and each.reason not in _NOTHING_SEEN:
                return False
            if each.start <= seen.start:
                if each.start - used > idle:
                    return False
                used = max(used, each.start)
        return True

    def _from(self, moment: int) -> Iterator[Sighting]:
        seen = self._history.seen
        return (seen[n] for n in range(bisect_left(self._starts, moment), len(seen)))

    # -- taking back ---------------------------------------------------------

    def _taken_back(self, seen: Sighting) -> Verdict | None:
        """Whether a name that was recorded is contested by another node."""
        since = self._bound_by(seen.node, seen.binding)
        for each in reversed(self._history.happened):
            if each.node == seen.node or self._is_after(each, seen.node, seen.start):
                continue
            if since is None or not self._is_before(each, since.node, since.start):
                if not each.is_of(seen.name):
                    return self._contested(seen, each)
                continue
            # Older than the binding. A page that names another than the login of
            # another node is a conflict; a login of its own makes an end of it.
            if since.kind is SessionKind.CONFIRMED and each.binds:
                return None if each.is_of(seen.name) else self._contested(seen, each)
            return None
        return None

    def _bound_by(self, node: str, binding: str) -> Happening | None:
        """The login, or the page, that a binding of a node goes back to."""
        return next(
            (
                each
                for each in self._history.happened
                if each.node == node and each.binds and each.actor.binding == binding
            ),
            None,
        )

    def _between(self, seen: Sighting, told: Told) -> Happening | Sighting | None:
        """What other nodes have against a name that a later page told."""
        skew = self._bounds.skew
        for sight in self._from(seen.start - skew):
            if sight.start > told.at + skew:
                break
            if sight.key != seen.key or sight.node == seen.node:
                continue
            if sight.peer != seen.peer:
                return sight
        for each in self._history.happened:
            if (
                each.node != seen.node
                and not self._is_before(each, seen.node, seen.start)
                and not self._is_after(each, seen.node, told.at)
                and not each.is_of(told.name)
            ):
                return each
        return None


def _grouped(
    history: History, verdicts: Iterable[tuple[Sighting, Verdict | None]]
) -> Iterator[AttributionLearned]:
    """One row for each run of exchanges of one node and key of which the same is to
    be told."""
    runs: dict[tuple[str, str], list[Verdict]] = {}
    for seen, verdict in verdicts:
        place = (seen.node, seen.key)
        run = runs.get(place, [])
        if run and (verdict is None or not _same(run[0], verdict)):
            yield _row(history, runs.pop(place))
        if verdict is not None:
            runs.setdefault(place, []).append(verdict)
    for run in runs.values():
        yield _row(history, run)


def _same(one: Verdict, other: Verdict) -> bool:
    same = one.actor == other.actor and one.by == other.by
    return same and one.seen.peer == other.seen.peer


def _row(history: History, run: list[Verdict]) -> AttributionLearned:
    first, by = run[0], run[0].by
    return AttributionLearned(
        application=history.application,
        wire=by.wire,
        connection=by.connection,
        request_offset=by.request_offset,
        at_ns=by.start,
        from_ns=first.seen.start,
        to_ns=run[-1].seen.start + 1,
        exchanges=len(run),
        client_address=first.seen.peer,
        actor=first.actor,
        about=first.seen.node,
    )
