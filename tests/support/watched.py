"""A sidecar of wires, recorder and journal alone, and whom it named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from proxy.events import Actor, ExchangeRecorded, SessionChanged
from tests.support.sidecars import READY_SECONDS, Front, Running, run, write_config
from tests.support.waiting import until

ROLES = ("recorder", "wire")


@dataclass(frozen=True, slots=True)
class Watched:
    """What is in its journal, in the order of the first request byte."""

    running: Running

    def port(self, application: str | None = None) -> int:
        """Where browsers find an application."""
        return self.running.port(application)

    def actors(self, path: str, count: int) -> list[Actor]:
        """Whom the exchanges of a path are of, once there are so many."""

        def found() -> list[ExchangeRecorded]:
            return [
                event
                for event in self.running.events()
                if isinstance(event, ExchangeRecorded) and event.path == path
            ]

        until(lambda: len(found()) >= count, f"{count} exchanges of {path}")
        exchanges = sorted(found(), key=lambda event: event.monotonic_ns)
        assert len(exchanges) == count, path
        return [event.actor for event in exchanges]

    def names(self, path: str, count: int) -> list[str]:
        """The name, or the reason for none, of each exchange of a path."""
        return [actor.name or actor.reason for actor in self.actors(path, count)]

    def changes(self) -> list[SessionChanged]:
        """What happened to sessions."""
        return [e for e in self.running.events() if isinstance(e, SessionChanged)]

    def restart_recorder(self) -> None:
        """Kill -9 the recorder, and wait until another listens."""
        self.running.kill("recorder")

    def written(self) -> bytes:
        """Every byte it has put on disk, and said."""
        state = self.running.config.state
        files = [path for path in state.rglob("*") if path.is_file()]
        return b"".join(path.read_bytes() for path in [*files, self.running.log])


@contextmanager
def watched(directory: Path, fronts: Sequence[Front]) -> Iterator[Watched]:
    """The sidecar, recording when the block begins."""
    config = write_config(directory, fronts)
    with run(config, ROLES, wait=False) as running:

        def ready() -> bool:
            assert running.process.poll() is None, running.words()
            # A wire that ends is started again; the first one must do.
            assert "wire-0 ended" not in running.words(), running.words()
            return {"recorder", "wire-0"} <= running.reports().keys()

        until(ready, "recorder and wire report", READY_SECONDS)
        yield Watched(running)
