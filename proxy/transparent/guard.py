"""``whosaw transparent guard``: takes the rules away when nobody relays: an edge.

A process of its own, started by the host and not by the sidecar: it must live when
everything of the sidecar is dead, frozen or hangs. Ten times a second it looks
whether a wire has beaten (``proxy.beats``). Is there silence, it

1. leads no more, so that new connections find the application directly;
2. kills what is silent, for a second: a frozen process would keep open connections
   hanging, and a frozen supervisor those that nobody accepted. Their end resets
   them, which the rules that are still there let the browsers know, and these ask
   again, directly. The supervisor, or the host, starts others;
3. records the time as a gap, and leads again once wires beat.

It leads only while the operator wants so (``wanted``).

Failure modes: rules that cannot be changed are tried again at each look, and the
log says why, once a minute. A guard that ends leaves the rules as they are.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from proxy import beats
from proxy.config import Config
from proxy.errors import WhosawError
from proxy.transparent import leading, wanted
from proxy.transparent.plan import Plan, plan
from proxy.transparent.watching import Step, Watch
from proxy.untold import capture_off, hand_over, tell

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.1
TELL_SECONDS: Final = 60.0
"""A gap that lasts is told in pieces of this length: none of it waits for its end."""
KILLS_SECONDS: Final = 1.0
"""Processes do not fall silent at one moment, but by a beat apart."""
REASON: Final = "wires_silent"


@dataclass(slots=True)
class Guard:
    """One host's."""

    config: Config
    plan: Plan
    listening: socket.socket
    watch: Watch
    wanted: wanted.Wanted | None = None
    begun: dict[str, str] = field(default_factory=dict)
    """Process, by role and id → when it was started: an id may be used again."""
    gap_ns: int = 0
    """The direct path was taken since then and nobody was told; 0: it is not."""
    told_at: float = 0.0
    kills_until: float = 0.0
    complained_at: float = -TELL_SECONDS

    def turn(self, now: float) -> None:
        """Hear, look and do."""
        for role, pid in beats.heard(self.listening):
            process = f"{role} {pid}"
            self.watch.beat(process, now)
            self.begun.setdefault(process, _begun(pid))
        found = wanted.read(self.config.state)
        if found is None or self.wanted is None:
            # Taken away, or put there, by hand.
            self.watch.leading = found is not None and leading.state().led
            if found is None and self.gap_ns:
                self._tell(now)
                self.gap_ns = 0
        self.wanted = found
        step = self.watch.look(now)
        if found is not None:
            try:
                self._do(step, now)
            except WhosawError as error:
                self.watch.leading = step is Step.LEAVE
                self._complain(str(error), now)
        if now < self.kills_until:
            self._kill(now)
        if now - self.told_at > TELL_SECONDS:
            self._tell(now)

    def _do(self, step: Step, now: float) -> None:
        assert self.wanted is not None
        if step is Step.LEAVE:
            silence = self.watch.patience
            leading.lead_none()
            self.gap_ns = time.time_ns() - int(silence * 1e9)
            logger.error("no wire has answered: connections take the direct path")
            self.kills_until = now + KILLS_SECONDS
            self.told_at = now
        elif step is Step.LEAD:
            leading.up(self.plan, self.wanted.tool)
            logger.info("wires answer: connections are led to them")
            self._tell(now)
            self.gap_ns = 0

    def _kill(self, now: float) -> None:
        for process in self.watch.silent(now):
            pid = int(process.partition(" ")[2])
            if self.begun.pop(process, "") == (_begun(pid) or None):
                logger.error("%s is silent and is killed", process)
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self.watch.heard.pop(process, None)

    def _tell(self, now: float) -> None:
        self.told_at = now
        try:
            if self.gap_ns:
                until_ns = time.time_ns()
                for each in self.plan.led:
                    gap = capture_off(
                        each.application, REASON, self.gap_ns, until_ns, intended=False
                    )
                    tell(self.config.state, self.config.tap_socket, gap)
                self.gap_ns = until_ns
            else:
                hand_over(self.config.state, self.config.tap_socket)
        except WhosawError as error:
            self._complain(str(error), now)

    def _complain(self, words: str, now: float) -> None:
        if now - self.complained_at >= TELL_SECONDS:
            self.complained_at = now
            logger.error("%s", words)


def run(config: Config, patience: float) -> int:
    """Watch until SIGTERM.

    Raises:
        OSError: the state directory cannot be written.
    """
    ended = False

    def end(*_: object) -> None:
        nonlocal ended
        ended = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    now = time.monotonic()
    with beats.listening(config.state) as sock:
        guard = Guard(
            config=config,
            plan=plan(config),
            listening=sock,
            watch=Watch(now=now, leading=leading.state().led, patience=patience),
            told_at=now,
        )
        # A guard that has just begun has heard nothing yet; that is no silence.
        guard.watch.beat("wire-before 0", now)
        logger.info("watching the wires of %s", config.state)
        while not ended:
            select.select([], [], [], LOOK_SECONDS)
            guard.turn(time.monotonic())
    return 0


def _begun(pid: int) -> str:
    """When a process was started, in ticks since the host was; empty: it is gone."""
    try:
        line = Path("/proc", str(pid), "stat").read_text()
    except OSError:
        return ""
    return line.rpartition(")")[2].split()[19]
