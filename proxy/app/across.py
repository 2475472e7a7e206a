"""Attribution across nodes, as a step that is repeated: ask the store, hand over.

One sidecar of several that share a session key file does it for all of them. A
step takes the period from where the last one ended to where the rows of *all*
nodes are known to be in the store, judges the sessions that several of them met
(``proxy.attribution.across``), and puts the rows into this sidecar's journal by
way of its recorder (``proxy.recorder.deposits``).

How far it came stands in ``STATE/across.json``. A step that is repeated, after a
crash in between, says the same again and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from proxy.app.access import store_client
from proxy.app.lifetime import reporting, stop_on_signal
from proxy.app.rulesets import load_all
from proxy.attribution.across import judge
from proxy.attribution.histories import Bounds
from proxy.clock import Clock, SystemClock
from proxy.config import Config
from proxy.deposit import deposit
from proxy.errors import UnavailableError, UsageError, WhosawError
from proxy.events import AttributionLearned
from proxy.store.across import (
    SETTLED_NS,
    UNDERWAY_NS,
    Asking,
    complete_until,
    histories,
    keys_on_several,
    nodes_of,
)
from proxy.store.port import StoreRejected, StoreUnavailable

logger = logging.getLogger(__name__)

HOUR_NS = 3_600 * 10**9
MOST_NS = HOUR_NS
"""Judged in one step."""
LEAST_NS = 10**9
"""Not made shorter, however many keys."""
HandOver = Callable[[Sequence[AttributionLearned]], object]
"""Returns once they are in the journal."""
FIRST_NS = 24 * HOUR_NS
"""How far the first step goes back."""


@dataclass(slots=True)
class Step:
    """What a step did."""

    until_ns: int
    """Judged up to here."""
    events: list[AttributionLearned] = field(default_factory=list)
    keys: int = 0
    waits_for: str = ""
    """Why it went no further."""
    more: bool = False
    """There was more than is judged in one step."""

    @property
    def given(self) -> int:
        """Exchanges that got a name."""
        return sum(each.exchanges for each in self.events if each.actor.name)

    @property
    def taken_back(self) -> int:
        """Exchanges that lost one."""
        return sum(each.exchanges for each in self.events if not each.actor.name)


@dataclass(frozen=True, slots=True)
class Nodes:
    """Who is compared, and by which bounds."""

    names: tuple[str, ...]
    bounds: Mapping[str, Bounds]
    """By application."""
    skew_ns: int
    settled_ns: int = SETTLED_NS
    underway_ns: int = UNDERWAY_NS

    @property
    def lookback_ns(self) -> int:
        """From a binding to the last exchange it can name, and a day more for
        names that a page told later."""
        longest = max(each.absolute for each in self.bounds.values())
        return longest + 24 * HOUR_NS


def step(store: Asking, nodes: Nodes, since_ns: int, now_ns: int) -> Step:
    """Judge what has become complete since then; at most an hour of it.

    Raises:
        StoreUnavailable, StoreRejected: it cannot be asked now.
        UsageError: a node that is not listed records the same applications.
    """
    applications = sorted(nodes.bounds)
    since_ns = since_ns or now_ns - FIRST_NS
    strangers = nodes_of(store, applications, since_ns) - set(nodes.names)
    if strangers:
        raise UsageError(
            f"across.nodes: {', '.join(sorted(strangers))} also recorded "
            f"{', '.join(applications)}; list every node"
        )
    until_ns, waits_for = _complete(store, nodes, since_ns)
    complete_ns = until_ns
    until_ns = min(until_ns, since_ns + MOST_NS)
    if until_ns <= since_ns:
        return Step(since_ns, waits_for=waits_for)
    oldest = since_ns - nodes.lookback_ns
    while True:
        keys = keys_on_several(
            store,
            applications,
            since_ns,
            until_ns,
            since_ns=oldest,
            skew_ns=nodes.skew_ns,
        )
        if keys is not None:
            break
        if until_ns - since_ns <= LEAST_NS:
            return Step(since_ns, waits_for="more sessions than can be judged at once")
        until_ns = since_ns + (until_ns - since_ns) // 2
    latest = until_ns + nodes.skew_ns + nodes.settled_ns
    events = [
        event
        for history in histories(store, keys, oldest, latest)
        for event in judge(
            history, nodes.bounds[history.application], since_ns, until_ns
        )
    ]
    more = until_ns < complete_ns
    return Step(until_ns, events, len(keys), waits_for, more)


def _complete(store: Asking, nodes: Nodes, since_ns: int) -> tuple[int, str]:
    """Up to when every node has told everything, by any clock; and who is last."""
    heard = {
        name: complete_until(
            store,
            name,
            since_ns,
            settled_ns=nodes.settled_ns,
            underway_ns=nodes.underway_ns,
        )
        for name in nodes.names
    }
    last = min(heard, key=lambda name: heard[name].until_ns)
    until, missing = heard[last]
    why = f"{last}: nothing heard of it for this time"
    if missing:
        why = f"{last}: {missing} of its rows are not in the store"
    return until - nodes.skew_ns, why


def nodes_of_config(config: Config) -> Nodes:
    """What the config says.

    Raises:
        UsageError: it has no ``across``, or a rule set is wrong.
    """
    across = config.across
    if across is None:
        raise UsageError("the config has no across.nodes: the sidecars to compare")
    skew = int(across.clock_skew * 1e9)
    bounds = {
        rules.application: Bounds(
            skew=skew,
            idle=rules.attribution.expiry.idle_ns,
            absolute=rules.attribution.expiry.absolute_ns,
        )
        for rules in load_all(config).values()
    }
    return Nodes(across.nodes, bounds, skew)


class Role:
    """The step with its place on disk."""

    def __init__(
        self, config: Config, store: Asking, clock: Clock, hand_over: HandOver
    ) -> None:
        self.nodes = nodes_of_config(config)
        self.error = ""
        self._place = config.state / "across.json"
        self.last = Step(_load(self._place))
        self.given = self.taken_back = 0
        self._store = store
        self._clock = clock
        self._hand_over = hand_over

    def step(self) -> Step:
        """One step; it counts once its rows are on disk.

        Raises:
            As ``step``; UnavailableError: no recorder takes them; OSError.
        """
        now_ns = self._clock.wall_ns()
        found = step(self._store, self.nodes, self.last.until_ns, now_ns)
        if found.events:
            self._hand_over(found.events)
        _save(self._place, found.until_ns)
        self.last = found
        self.given += self.last.given
        self.taken_back += self.last.taken_back
        return self.last

    def try_step(self) -> bool:
        """The same; what went wrong is told in the figures. Whether there is more
        to do at once."""
        try:
            self.step()
        except (StoreUnavailable, StoreRejected, WhosawError, OSError) as error:
            self.error = str(error) or type(error).__name__
            return False
        self.error = ""
        return self.last.more

    def figures(self) -> dict[str, Any]:
        """For the status file."""
        return {
            "judged_until": self.last.until_ns // 10**9,
            "names_given": self.given,
            "names_taken_back": self.taken_back,
            "waits_for": self.last.waits_for,
            "last_error": self.error,
        }


def run(config: Config) -> int:
    """Step until SIGTERM.

    Raises:
        UsageError: the config has no ``across``, or a rule set is wrong.
    """
    return asyncio.run(_run(config))


def run_once(config: Config) -> Iterator[str]:
    """Step until there is nothing more to do; what each step did, in words.

    Raises:
        UsageError: as ``run``, or a node is not listed.
        UnavailableError: the store or the disk does not do its part.
    """
    store = store_client(config)
    role = _role(config, store)
    try:
        while True:
            done = role.step()
            yield (
                f"judged until {_moment(done.until_ns)}: {done.keys} sessions, "
                f"names given to {done.given} exchanges, taken back of "
                f"{done.taken_back}"
            )
            if not done.more:
                yield f"no further: {done.waits_for or 'nothing newer'}"
                return
    except (StoreUnavailable, StoreRejected, OSError) as error:
        raise UnavailableError(f"names were not compared: {error}") from error
    finally:
        store.close()


def _role(config: Config, store: Asking) -> Role:
    return Role(config, store, SystemClock(), partial(deposit, config.tap_socket))


def _moment(ns: int) -> str:
    return datetime.fromtimestamp(ns / 1e9, UTC).isoformat(timespec="seconds")


async def _run(config: Config) -> int:
    stop = stop_on_signal()
    store = store_client(config)
    role = _role(config, store)
    assert config.across is not None
    async with reporting(config.status_directory, "across", role.figures):
        while not stop.is_set():
            if await asyncio.to_thread(role.try_step):
                continue
            try:
                async with asyncio.timeout(config.across.every):
                    await stop.wait()
            except TimeoutError:
                continue
    store.close()
    return 0


def _load(path: Path) -> int:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])["until_ns"]
    except (OSError, msgspec.MsgspecError, KeyError):
        # As before the first step: a day is judged again, and says the same.
        return 0


def _save(path: Path, until_ns: int) -> None:
    temporary = path.with_suffix(".tmp")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode({"until_ns": until_ns}))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
