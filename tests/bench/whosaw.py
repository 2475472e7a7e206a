"""The sidecar as a path of the benchmark, and what its journal says it recorded."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proxy import status
from proxy.events import ExchangeRecorded, GapRecorded, ViewRecorded, decode
from proxy.journal import JournalReader
from tests.bench.page import CLIENT_PATH
from tests.bench.peers import Running, free_port, listening

RULES = """\
application: bench
session: {{cookie: JSESSIONID}}
assurance: {assurance}
login:
  - form: {{request: "POST /login", user: form.username}}
    confirmed_when: {{status: 302}}
records:
  client:
    request: "GET /client/view.do"
    action: view
    each: {{{each}}}
    subject: {{type: client, id: {subject}}}
  clients:
    request: "GET /clients"
    action: search
    each: {{{each}}}
    subject: {{type: client, id: {subject}}}
"""
SELECTORS = {
    "regex": (r"regex: 'data-id=\"(?P<id>\d{6})\"'", "group.id"),
    "css": ("css: '[data-id]'", "attr.data-id"),
}
CONFIG = """\
node: bench
state: state
wires: {wires}
applications:
  bench:
    rules: rules.yaml
    listen: 127.0.0.1:{listen}
    upstream: http://127.0.0.1:{upstream}
    {tls}
store: {{embedded: true, url: "http://127.0.0.1:{store}"}}
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What stands in the journal."""

    exchanges: int = 0
    views: int = 0
    gaps: int = 0


@dataclass(frozen=True, slots=True)
class Sidecar(Running):
    """A running sidecar of one or more processes."""

    directory: Path = Path()

    @property
    def state(self) -> Path:
        """Its state directory."""
        return self.directory / "state"

    def pid_of(self, role: str) -> int:
        """Process id of a role, from its status."""
        return status.read(self.state / "status")[role].pid

    def recorded(self) -> Recorded:
        """Count the journal's events; the segments are still all there."""
        reader = JournalReader(self.state / "journal")
        exchanges = views = gaps = 0
        for epoch in reader.epochs():
            after = 0
            while entries := reader.read(epoch, after, 20_000):
                for entry in entries:
                    event = decode(entry.body)
                    exchanges += isinstance(event, ExchangeRecorded)
                    views += isinstance(event, ViewRecorded)
                    gaps += isinstance(event, GapRecorded)
                after = entries[-1].seq
        return Recorded(exchanges, views, gaps)

    def settled(self, answered: int, seconds: float = 60.0) -> Recorded:
        """``recorded`` once it has what was answered, or after the deadline."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            report = status.read(self.state / "status").get("recorder")
            if report and report.figures.get("exchanges", 0) >= answered:
                break
            time.sleep(0.1)
        return self.recorded()


@contextlib.contextmanager
def sidecar(
    directory: Path,
    app: Running,
    *,
    wires: int,
    selector: str = "regex",
    assurance: str = "observe",
    certificate: tuple[Path, Path] | None = None,
    roles: tuple[str, ...] = ("recorder", "wire"),
) -> Iterator[Sidecar]:
    """Start a whole sidecar, store and all, or only these roles of it.

    The figures of the paths are those of recording *to the journal*: wires and
    recorder run, the store and its shipper do not, since a row in ClickHouse is
    not what the peers do either.
    """
    directory.mkdir(parents=True, exist_ok=True)
    listen, store = free_port(), free_port()
    each, subject = SELECTORS[selector]
    (directory / "rules.yaml").write_text(
        RULES.format(each=each, subject=subject, assurance=assurance)
    )
    tls = ""
    if certificate is not None:
        tls = f"tls: {{certificate: {certificate[0]}, key: {certificate[1]}}}"
    config = directory / "whosaw.yaml"
    config.write_text(
        CONFIG.format(
            wires=wires, listen=listen, upstream=app.port, store=store, tls=tls
        )
    )
    log = (directory / "log").open("wb")
    argv = [sys.executable, "-m", "proxy", "run", "--config", str(config)]
    for role in roles:
        argv += ["--role", role]
    child = subprocess.Popen(argv, stdout=log, stderr=log)
    try:
        listening(listen, 60)
        _until_reported(directory / "state" / "status", wires)
        scheme = "https" if certificate else "http"
        yield Sidecar(
            f"{scheme}://127.0.0.1:{listen}{CLIENT_PATH}",
            child.pid,
            None,
            directory,
        )
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(60)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        log.close()
        shutil.rmtree(directory / "state" / "store", ignore_errors=True)


def _until_reported(directory: Path, wires: int) -> None:
    wanted = {"recorder", *(f"wire-{number}" for number in range(wires))}
    deadline = time.monotonic() + 60
    while True:
        reports = status.read(directory)
        linked = all(
            report.figures.get("recorder_connected", True)
            for report in reports.values()
        )
        if wanted <= set(reports) and linked:
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {sorted(reports)} of {sorted(wanted)} reported")
        time.sleep(0.05)
