"""One run: a sidecar, people, faults, an end in order, the account.

``Stand`` holds what several runs share: the store, whose schema takes longer to
make than a run. Each run has a node name, a state directory and ports of its own.
"""

from __future__ import annotations

import asyncio
import logging
import random
import shutil
import signal
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy.demo.sidecar import RULES, free_ports
from proxy import status
from proxy.app.access import store_client
from proxy.app.listening import bind
from proxy.app.schema import bring_up
from proxy.errors import UnavailableError
from proxy.journal import cursor
from proxy.keys import load_or_create
from proxy.pseudonym import pseudonym
from proxy.reconciling.account import Difference, Kind, balance
from proxy.store.tables import TABLES
from tests.support.waiting import until, until_async
from tests.torture.application import Accounting
from tests.torture.judge import Facts, Row, Verdict, judge
from tests.torture.people import Desk, clients
from tests.torture.plan import SIDECAR, Fault, Plan, Step, draw
from tests.torture.roles import GRACE_SECONDS, Roles
from tests.torture.witness import Witness

PATIENCE = 60.0
LOOK_SECONDS = 0.05
"""Seconds until the sidecar is up, or everything is shipped: milliseconds on a host
of one's own, many seconds on one that others use."""

# What clickhouse-connect logs of a store that is away is what a run is made of.
logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)

CONFIG = """\
node: {node}
state: state
wires: {wires}
drain: 2s
gate: {{deadline: 300ms}}
journal: {{segment: {segment}KiB, most: 64MiB}}
seals: {{enabled: false}}
applications:
  vesta:
    rules: rules.yaml
    listen: 127.0.0.1:{listen}
    upstream: http://127.0.0.1:{upstream}
    max_connections: 256
store:
  embedded: {embedded}
  url: http://127.0.0.1:{store}
  password_file: {password}
"""


@dataclass(frozen=True, slots=True)
class Result:
    """One run and what was found."""

    plan: Plan
    verdict: Verdict
    figures: dict[str, Any]


class Stand:
    """The store that runs share; ends it at the end of the block."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_ports(1)[0]
        self.password = directory / "store-password"
        self._path = directory / "store.yaml"

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        shutil.copy(RULES, self.directory / "rules.yaml")
        self._path.write_text(self.config("stand", wires=1, embedded="true"))
        self.roles = Roles(self._path, self.directory / "store.log")
        self.roles.start("store")
        until(self._has_schema, "the store", PATIENCE)
        return self

    def _has_schema(self) -> bool:
        try:
            bring_up(self.roles.config, plan_only=False)
        except UnavailableError:
            return False
        return True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.roles.close()

    def config(self, node: str, **more: object) -> str:
        """The text of a config file."""
        values = {
            "node": node,
            "segment": 16384,
            "listen": 1,
            "upstream": 1,
            "store": self.port,
            "embedded": "false",
            "password": self.password,
            **more,
        }
        return CONFIG.format(**values)

    def rows(self, node: str) -> list[Row]:
        """Every row of a node."""
        found: list[Row] = []
        with closing(store_client(self.roles.config)) as store:
            for table in TABLES:
                name = table.name
                answer = store.query(
                    f"SELECT epoch, seq FROM {name} WHERE node = {{node:String}}",
                    {"node": node},
                )
                found += [(name, int(row[0]), int(row[1])) for row in answer.rows]
        return found

    def differences(self, since: datetime) -> list[Difference]:
        """What ``whosaw reconcile`` finds wrong with everything since, but that the
        nodes of earlier runs say nothing any more."""
        with closing(store_client(self.roles.config)) as store:
            found = balance(store, since, datetime.now(UTC) + timedelta(seconds=1))
        return [d for d in found.differences if d.kind is not Kind.SILENT]


class Run:
    """One run on a stand."""

    def __init__(self, stand: Stand, seed: int) -> None:
        self.plan = draw(seed)
        self.stand = stand
        self.node = f"t{seed}"
        self.directory = stand.directory / self.node
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        self.begun = time.monotonic()
        self.since = datetime.now(UTC)
        self.laps: dict[str, float] = {}
        self.watching: asyncio.Task[None] | None = None

    def lap(self, name: str) -> None:
        """Note how long it took until here."""
        self.laps[name] = round(time.monotonic() - self.begun, 2)

    async def run(self) -> Result:
        """Do it.

        Raises:
            AssertionError: the sidecar did not come up, or did not end in order.
        """
        plan, stand = self.plan, self.stand
        async with Accounting(self.directory / "truth.jsonl") as application:
            path = self._configure(int(application.url.rpartition(":")[2]))
            roles = self.roles = Roles(path, self.directory / "log")
            try:
                front = roles.config.applications[0]
                roles.listening[front.name] = bind(front)
                self.every = [*SIDECAR, *(f"wire-{n}" for n in range(plan.wires))]
                for role in self.every:
                    roles.start(role)
                await until_async(self._up, "recorder and wires", PATIENCE)
                self.lap("up")
                self.witness = Witness(roles.config.journal_directory)
                self.watching = asyncio.create_task(self._watch())
                key = load_or_create(roles.config.keys).subject_key
                desks = await self._work(front.listen.port, key)
                self.lap("worked")
                await self._settle()
                self.lap("ended")
            finally:
                if self.watching is not None:
                    self.watching.cancel()
                roles.close()
        self.witness.look()
        self.witness.again()
        facts = Facts(
            plan=plan,
            requests=[request for desk in desks for request in desk.requests],
            served=application.served,
            events=self.witness.events,
            rows=stand.rows(self.node),
            bytes_up={desk.address: desk.up for desk in desks if not desk.broken},
            subject=lambda client: pseudonym(key, "client", client),
        )
        verdict = judge(facts)
        for difference in stand.differences(self.since):
            verdict.found("unexplained", f"reconcile: {difference}")
        for place in self.witness.changed:
            verdict.found("lost", f"{place} says something else than before")
        self.lap("judged")
        took = sorted((r.ended_ns - r.begun_ns) / 1e6 for r in facts.requests)
        figures = {
            "median_ms": round(took[len(took) // 2], 1) if took else 0,
            "requests": len(facts.requests),
            "served": len(facts.served),
            "events": len(facts.events),
            "gaps": sum(row[0] == "gaps" for row in facts.rows),
            "desks_broken": sum(bool(desk.broken) for desk in desks),
            "laps": self.laps,
        }
        if verdict.clean:
            shutil.rmtree(self.directory)
        return Result(plan, verdict, figures)

    def _configure(self, upstream: int) -> Path:
        listen = free_ports(1)[0]
        failure = "closed" if self.plan.closed else "open"
        rules = RULES.read_text()
        gated = f"  client_view:\n    assurance: gate\n    on_failure: {failure}\n"
        (self.directory / "rules.yaml").write_text(
            rules.replace("  client_view:\n", gated)
        )
        path = self.directory / "whosaw.yaml"
        path.write_text(
            self.stand.config(
                self.node,
                wires=self.plan.wires,
                segment=self.plan.segment_kib,
                listen=listen,
                upstream=upstream,
            )
        )
        return path

    async def _work(self, port: int, key: bytes) -> list[Desk]:
        plan, chance = self.plan, random.Random(self.plan.seed)
        asked = clients(chance, plan.desks)

        def gated(client: str) -> bool:
            return self.witness.shows(pseudonym(key, "client", client))

        desks = [
            Desk(n, port, gated, random.Random(f"{plan.seed} {n}"), asked[n])
            for n in range(plan.desks)
        ]
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for desk in desks:
                group.create_task(desk.work(stop))
            async with asyncio.TaskGroup() as faults:
                faults.create_task(asyncio.sleep(plan.seconds))
                for step in plan.steps:
                    faults.create_task(self._fault(step))
            stop.set()
        return desks

    async def _fault(self, step: Step) -> None:
        await asyncio.sleep(step.at)
        self.witness.look()
        for role in step.roles:
            self._begin(step.fault, role)
        await asyncio.sleep(step.lasts)
        for role in step.roles:
            self._heal(step.fault, role)

    def _of(self, role: str) -> Roles:
        return self.stand.roles if role == "store" else self.roles

    def _begin(self, fault: Fault, role: str) -> None:
        roles = self._of(role)
        match fault:
            case Fault.KILL:
                roles.kill(role)
            case Fault.STOP:
                roles.signal(role, signal.SIGSTOP)
            case Fault.DISK_FULL:
                roles.fill_disk(role, full=True)

    def _heal(self, fault: Fault, role: str) -> None:
        roles = self._of(role)
        match fault:
            case Fault.KILL:
                if not roles.alive(role):
                    roles.start(role)
            case Fault.STOP:
                roles.signal(role, signal.SIGCONT)
            case Fault.DISK_FULL:
                roles.fill_disk(role, full=False)

    async def _watch(self) -> None:
        """Look before a segment that was shipped is unlinked: what nobody saw there
        would seem to be in the store from nowhere."""
        while True:
            self.witness.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _settle(self) -> None:
        """Everybody back, then down in order: wires, recorder, shipper."""
        for role in [*self.every, "store"]:
            roles = self._of(role)
            roles.signal(role, signal.SIGCONT)
            roles.fill_disk(role, full=False)
            if not roles.alive(role):
                roles.start(role)
        if any(
            role == "recorder" or role.startswith("wire")
            for step in self.plan.steps
            for role in step.roles
        ):
            await asyncio.sleep(GRACE_SECONDS + 0.2)
        for role in reversed(self.every):
            if role != "shipper":
                await asyncio.to_thread(self.roles.end, role, PATIENCE)
                self.lap(f"{role} ended")
        await until_async(self._shipped, "everything is shipped", PATIENCE)
        self.lap("shipped")
        await asyncio.to_thread(self.roles.end, "shipper", PATIENCE)

    def _shipped(self) -> bool:
        """By the shipper's own word; the judge asks the store."""
        self.witness.look()
        found = cursor.load(self.roles.config.journal_directory / cursor.CURSOR)
        return found is not None and not (
            self.witness.events
            and (found.epoch, found.shipped) < max(self.witness.events)
        )

    def _up(self) -> bool:
        there = status.read(self.roles.config.status_directory)
        return self.roles.config.tap_socket.exists() and all(
            role in there for role in self.every
        )
