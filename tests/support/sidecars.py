"""A whole sidecar as its own processes, for tests that look at it from outside.

``sidecar(directory, applications)`` runs ``python -m proxy run`` until the block
ends, ready when it begins; ``Config`` says what it is told. Roles can be left
out or run apart with ``role``. What ends badly says so with its last words.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.demo.run import shipped
from deploy.demo.sidecar import free_ports, recording
from proxy import status
from proxy.app.access import store_client
from proxy.config import Config, load
from proxy.events import Event, decode
from proxy.journal import JournalReader
from proxy.keys import load as load_keys
from proxy.pseudonym import pseudonym
from proxy.store.client import ClickHouseStore
from proxy.store.port import StoreRejected, StoreUnavailable
from tests.support.waiting import until

READY_SECONDS = 60.0
STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """One application and its rule set; the sidecar listens on a free port."""

    name: str
    rules: Path
    upstream: str
    more: str = ""
    """Further keys of the application, as YAML lines without indentation."""
    port: int = 0
    """Where to listen; 0 takes a free port."""


def write_config(
    directory: Path,
    fronts: Sequence[Front],
    *,
    wires: int = 1,
    store_port: int = 0,
    more: str = "",
) -> Path:
    """A config file in ``directory`` with an embedded store, on free ports."""
    taken = iter(free_ports(len(fronts) + 1))
    lines = ["node: test", "state: state", f"wires: {wires}", "applications:"]
    for front in fronts:
        lines += [
            f"  {front.name}:",
            f"    rules: {front.rules}",
            f"    listen: 127.0.0.1:{front.port or next(taken)}",
            f"    upstream: {front.upstream}",
            *(f"    {line}" for line in front.more.splitlines()),
        ]
    lines += [
        "store:",
        "  embedded: true",
        f"  url: http://127.0.0.1:{store_port or next(taken)}",
        *more.splitlines(),
    ]
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "whosaw.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


@dataclass(slots=True)
class Running:
    """Processes of one config, started by ``run``."""

    config: Config
    process: subprocess.Popen[bytes]
    log: Path

    def port(self, application: str | None = None) -> int:
        """Where browsers find this application (the first, by default)."""
        for each in self.config.applications:
            if application in (None, each.name):
                return each.listen.port
        raise KeyError(application)

    def reports(self) -> dict[str, status.Report]:
        """What its living processes say of themselves."""
        now = time.time()
        found = status.read(self.config.status_directory)
        return {role: each for role, each in found.items() if status.alive(each, now)}

    def pid(self, role: str) -> int:
        """Process id of a role that is there."""
        until(lambda: role in self.reports(), f"{role} reports", READY_SECONDS)
        return self.reports()[role].pid

    def figure(self, role: str, name: str) -> Any:
        """A figure of a role's status; None before it reported one."""
        report = self.reports().get(role)
        return None if report is None else report.figures.get(name)

    def verdict(self) -> str:
        """The verdict line of ``whosaw status``."""
        reports = status.read(self.config.status_directory)
        return status.verdict(
            reports,
            wires=self.config.wires,
            now=time.time(),
            living=frozenset(self.reports()),
        ).line

    def kill(self, role: str) -> None:
        """Kill -9 a role's process and wait until another has taken its place."""
        first = self.pid(role)
        os.kill(first, signal.SIGKILL)
        until(
            lambda: (found := self.reports().get(role)) and found.pid != first,
            f"another {role}",
            READY_SECONDS,
        )

    def store(self) -> ClickHouseStore:
        """A client of its store."""
        return store_client(self.config)

    def events(self) -> list[Event]:
        """Everything in the journal, whatever the epoch."""
        return list(journal(self.config))

    def until_stored(self, arrived: Callable[[], bool]) -> None:
        """Wait until ``arrived()``, and until the store has the whole journal."""

        def all_there() -> bool:
            try:
                return arrived() and shipped(self.config)
            except (StoreUnavailable, StoreRejected):
                return False

        until(all_there, "the store has what was shown", READY_SECONDS)

    def until_exchanges(self, count: int) -> None:
        """``until_stored`` for so many exchanges in all."""
        with closing(self.store()) as store:
            self.until_stored(
                lambda: store.query("SELECT count() FROM exchanges").rows[0][0] == count
            )

    def shown(self, kind: str, ids: Iterable[str]) -> Counter[tuple[str, str, str]]:
        """Views in the store as (account, action, id); ``ids`` are those expected."""
        key = load_keys(self.config.keys).subject_key
        names = {pseudonym(key, kind, each): each for each in ids}
        rows = self.asked("SELECT actor, toString(action), subject FROM views")
        return Counter(
            (str(actor), str(action), names.get(subject, "another"))
            for actor, action, subject in rows
            if isinstance(subject, bytes)
        )

    def asked(self, sql: str) -> list[tuple[object, ...]]:
        """Rows that the store gives."""
        with closing(self.store()) as store:
            return [tuple(row) for row in store.query(sql).rows]

    def words(self) -> str:
        """What its processes have said."""
        return self.log.read_text(errors="replace")

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)


def journal(config: Config) -> Iterator[Event]:
    """Events of every epoch in a journal directory, oldest first."""
    reader = JournalReader(config.journal_directory)
    for epoch in reader.epochs():
        after = 0
        while entries := reader.read(epoch, after, 1000):
            yield from (decode(entry.body) for entry in entries)
            after = entries[-1].seq


def start(
    config: Path,
    roles: Iterable[str] = (),
    log: Path | None = None,
    prefix: Sequence[str] = (),
) -> Running:
    """Start ``whosaw run`` and return at once; call ``end`` in a ``finally``.

    ``prefix`` are words that run a command elsewhere, such as in a namespace.
    """
    log = log or config.with_name("sidecar.log")
    words = [word for role in roles for word in ("--role", role)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                *(*prefix, sys.executable, "-m", "proxy"),
                *("run", "--config", str(config), *words),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Running(load(config), process, log)


@contextmanager
def run(
    config: Path,
    roles: Iterable[str] = (),
    *,
    wait: bool = True,
    log: Path | None = None,
) -> Iterator[Running]:
    """``whosaw run`` until the block ends; ready when it begins, with ``wait``."""
    running = start(config, roles, log)
    try:
        if wait:
            until_ready(running)
        yield running
    finally:
        running.end()


@contextmanager
def sidecar(
    directory: Path, fronts: Sequence[Front], *, wires: int = 1, more: str = ""
) -> Iterator[Running]:
    """A config for these applications, and ``run`` on it."""
    with run(write_config(directory, fronts, wires=wires, more=more)) as running:
        yield running


def until_ready(running: Running) -> None:
    """Wait until everything is recorded and the store answers."""

    def ready() -> bool:
        assert running.process.poll() is None, (
            f"the sidecar ended with {running.process.returncode}:\n{running.words()}"
        )
        return recording(running.config) and store_ready(running.config)

    try:
        until(ready, "the sidecar is ready", READY_SECONDS)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{running.words()}") from None


def store_ready(config: Config) -> bool:
    """Whether the store answers and has its schema."""
    try:
        store = store_client(config)
    except StoreUnavailable:
        return False
    try:
        return not store.missing_migrations()
    except (StoreUnavailable, StoreRejected):
        return False
    finally:
        store.close()


def whosaw(
    *words: str | Path, columns: int | None = None, timeout: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """One command as a process of its own."""
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    if columns is not None:
        environment["COLUMNS"] = str(columns)
    return subprocess.run(
        [sys.executable, "-m", "proxy", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
        timeout=timeout,
    )


def whosaw_json(*words: str | Path) -> Any:
    """The one JSON value a command prints."""
    done = whosaw(*words)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)
