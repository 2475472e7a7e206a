"""Rule sets that are replaced while the recorder runs, whole or not at all.

A file that changed, or SIGHUP, has every rule set read again; one that differs and
has no mistake takes over at once, between two exchanges. What the old one observed it
also finishes, so no exchange is read by two versions, and the hash on every event is
that of the version that read it. A file with a mistake changes nothing: the version
before stays in force, the log and the report say so until the file is right.

The version in force is kept beside the state, so that a recorder that has to start
again while the file is wrong goes on with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proxy.app.rulesets import load_file, read_file
from proxy.connection_context import ConnectionContext
from proxy.errors import UsageError
from proxy.exchange.limits import Limits
from proxy.exchange.model import Exchange, Request
from proxy.extraction.model import OnFailure
from proxy.extraction.stream import Stream
from proxy.pipeline import Outcome, Pipeline, Prepared
from proxy.quarantine import Quarantine, unread
from proxy.ruleset import RuleSet
from proxy.ruleset.gate import Gate

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Between two looks at the files: a save is in force before it is tried."""
MAX_SAID = 300
"""Characters of a mistake in the report."""


class Replaceable:
    """A pipeline that a newer one may take over from; the recorder knows only this."""

    def __init__(
        self, pipeline: Pipeline, quarantine: Quarantine | None = None
    ) -> None:
        self.pipeline = pipeline
        self.quarantine = quarantine
        """Keeps what was not read, for a better rule; None: nothing is kept."""

    @property
    def gated(self) -> OnFailure | None:
        """Of the version now in force."""
        return self.pipeline.gated

    def gate(self, request: Request) -> Gate | None:
        """By the version now in force."""
        return self.pipeline.gate(request)

    def stream(self, exchange: Exchange, limits: Limits) -> Stream | None:
        """By the version now in force."""
        return self.pipeline.stream(exchange, limits)

    def observe(self, context: ConnectionContext, exchange: Exchange) -> Prepared:
        """By the version now in force."""
        prepared = self.pipeline.observe(context, exchange)
        prepared.by = self.pipeline
        return prepared

    def finish(self, prepared: Prepared) -> Outcome:
        """By the version that observed it."""
        outcome = (prepared.by or self.pipeline).finish(prepared)
        if self.quarantine is not None:
            event = unread(outcome.events)
            if event is not None:
                self.quarantine.keep(prepared.exchange, event)
        return outcome

    def replace(self, ruleset: RuleSet) -> None:
        """From the next exchange on."""
        self.pipeline = self.pipeline.succeeded_by(ruleset)


def start(
    files: Mapping[str, Path], kept: Path
) -> tuple[dict[str, RuleSet], dict[str, str]]:
    """The rule sets to begin with, and what is wrong with the files of some.

    Args:
        files: The rule set's by application.
        kept: Directory of the versions that were in force.

    Raises:
        UsageError: a file is wrong, and no version of it was ever in force here.
    """
    found: dict[str, RuleSet] = {}
    refused: dict[str, str] = {}
    wrong: list[str] = []
    for name, path in files.items():
        try:
            content = read_file(path)
            loaded = load_file(path, content)
            said = "" if isinstance(loaded, RuleSet) else str(loaded)
        except UsageError as error:
            said, loaded, content = str(error), None, b""
        if isinstance(loaded, RuleSet):
            found[name] = loaded
            _keep(kept, name, content)
            continue
        before = _before(kept, name, path)
        if before is None:
            wrong.append(said)
            continue
        found[name] = before
        refused[name] = said.partition("\n")[0][:MAX_SAID]
        logger.error("%s: rule set %s stays in force: %s", name, before.hash, said)
    if wrong:
        raise UsageError("\n".join(wrong))
    return found, refused


def _keep(kept: Path, name: str, content: bytes) -> None:
    try:
        kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = kept / f"{name}.new"
        beside.write_bytes(content)
        beside.replace(kept / f"{name}.yaml")
    except OSError as error:
        # Only the next start would miss it, and only if the file is wrong then.
        logger.warning("%s: the rule set cannot be kept: %s", name, error.strerror)


def _before(kept: Path, name: str, path: Path) -> RuleSet | None:
    try:
        found = load_file(path, read_file(kept / f"{name}.yaml"))
    except UsageError:
        return None
    return found if isinstance(found, RuleSet) else None


class Reloading:
    """Watches the files of rule sets, and what they refer to."""

    def __init__(
        self,
        files: Mapping[str, Path],
        applications: Mapping[str, Replaceable],
        kept: Path,
        refused: Mapping[str, str] | None = None,
    ) -> None:
        """Watch ``files``; the other arguments as ``start`` takes and gives them."""
        self.refused = dict(refused or {})
        """Application → what is wrong with its file, while it is."""
        self.reloads = 0
        """Rule sets that took over since the start."""
        self._files = dict(files)
        self._kept = kept
        self._applications = applications
        self._seen = {name: self._marks(name) for name in files}
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Read everything again, changed or not: SIGHUP."""
        self._asked.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK_SECONDS)
            everything = self._asked.is_set()
            self._asked.clear()
            self.look(everything=everything)

    def look(self, *, everything: bool = False) -> None:
        """Read what changed; never raises."""
        for name in self._files:
            marks = self._marks(name)
            if everything or marks != self._seen[name]:
                self._seen[name] = marks
                try:
                    self._read(name)
                except Exception:
                    # Fail open: the version in force goes on reading traffic.
                    logger.exception("the rule set of %s cannot be read", name)
                    self.refused[name] = "internal"

    def figures(self) -> dict[str, Any]:
        """For the report."""
        return {
            "rulesets": {
                name: each.pipeline.ruleset.hash
                for name, each in self._applications.items()
            },
            "rulesets_refused": dict(self.refused),
            "ruleset_reloads": self.reloads,
        }

    def _read(self, name: str) -> None:
        application = self._applications[name]
        before = application.pipeline.ruleset
        try:
            content = read_file(self._files[name])
            found = load_file(self._files[name], content)
        except UsageError as error:
            self._refuse(name, str(error))
            return
        if not isinstance(found, RuleSet):
            self._refuse(name, str(found))
            return
        if self.refused.pop(name, None) is not None and found.hash == before.hash:
            logger.info("the rule set of %s is right again: %s", name, before.hash)
        if found.hash == before.hash and found.materials == before.materials:
            return
        application.replace(found)
        _keep(self._kept, name, content)
        self.reloads += 1
        logger.info("%s: rule set %s follows %s", name, found.hash, before.hash)

    def _refuse(self, name: str, said: str) -> None:
        in_force = self._applications[name].pipeline.ruleset.hash
        logger.error("%s: rule set %s stays in force: %s", name, in_force, said)
        self.refused[name] = said.partition("\n")[0][:MAX_SAID]

    def _marks(self, name: str) -> tuple[object, ...]:
        return tuple(_mark(path) for path in self._watched(name))

    def _watched(self, name: str) -> Iterator[Path]:
        path = self._files[name]
        yield path
        ruleset = self._applications[name].pipeline.ruleset
        spec = ruleset.attribution
        for refers in (*spec.logins, *spec.identities, spec.names):
            for file in refers.files():
                yield path.parent / file


def _mark(path: Path) -> object:
    try:
        found = path.stat()
    except OSError as error:
        return error.errno
    return found.st_mtime_ns, found.st_size, found.st_ino
