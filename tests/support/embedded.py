"""A real embedded store in a process of its own, for any test that needs one.

``embedded_store`` is shared by the whole session; each caller takes a database
of its own (``store.database()``), so tests do not see each other's rows.
"""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from proxy.store.client import ClickHouseStore, StoreSettings, connect
from proxy.store.migrate import apply


@dataclass(frozen=True, kw_only=True)
class EmbeddedStore:
    """Address and credentials of a running embedded store."""

    url: str
    directory: Path
    writer: str
    writer_password: str = field(repr=False)
    reader: str
    reader_password: str = field(repr=False)
    process: subprocess.Popen[str]

    def settings(self, database: str, *, reads: bool = False) -> StoreSettings:
        return StoreSettings(
            url=self.url,
            user=self.reader if reads else self.writer,
            password=self.reader_password if reads else self.writer_password,
            database=database,
        )

    def database(self) -> str:
        """A fresh migrated database; its name."""
        name = f"t{uuid.uuid4().hex[:12]}"
        store = connect(self.settings(name))
        apply(store)
        store.close()
        return name

    def store(self, database: str | None = None) -> ClickHouseStore:
        """A writer's client on this database, or on a fresh one."""
        return connect(self.settings(database or self.database()))


@contextmanager
def running(directory: Path, *limits: str) -> Iterator[EmbeddedStore]:
    """The store on this directory, as a subprocess, until the block ends.

    ``limits`` are ``name=value`` of ``proxy.store.embedded.settings.Limits``.
    """
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "proxy.store.embedded",
            "--directory",
            str(directory),
            "--port",
            "0",
            *(f"--limit={limit}" for limit in limits),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on "), f"the store did not start: {line!r}"
        passwords = json.loads((directory / "credentials.json").read_text())
        yield EmbeddedStore(
            url=line.removeprefix("listening on ").strip(),
            directory=directory,
            writer="whosaw",
            writer_password=passwords["whosaw"],
            reader="reader",
            reader_password=passwords["reader"],
            process=process,
        )
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="session")
def embedded_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """One embedded store for the session."""
    with running(tmp_path_factory.mktemp("store")) as store:
        yield store
