"""What an embedded store needs to be told: place, address, users, limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class User:
    """Who may ask. A reader runs with ``readonly = 1``."""

    name: str
    password: str = field(repr=False)
    writes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one embedded store; each with its reason."""

    request_bytes: int = 64 * MIB
    """Decoded body of a request: a batch of 20,000 views is 4 MiB."""
    query_bytes: int = 256 * 1024
    """SQL text; the engine's own ``max_query_size``."""
    result_bytes: int = 256 * MIB
    """A result in a format that cannot be streamed stands in memory once."""
    readers: int = 4
    """Queries that run at once: two per core of a small machine."""
    waiting: int = 64
    """Requests that wait for a turn; one more is refused (code 202)."""
    seconds: int = 60
    """Run time of a reader's query."""
    writer_seconds: int = 300
    """Run time of a writer's statement: a migration may rewrite a part."""
    memory_bytes: int = 1024 * MIB
    """Memory of one query."""
    result_rows: int = 10_000_000
    """Rows of a reader's result."""
    sessions: int = 256
    """Remembered sessions; the oldest goes first."""
    client_seconds: float = 60.0
    """A client that takes no byte for so long loses its query and its place."""
    stop_seconds: float = 10.0
    """How long running queries may finish at a stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedSettings:
    """An embedded store: its directory, its address, its users."""

    directory: Path
    host: str = "127.0.0.1"
    port: int = 8123
    """0 takes a free one; the server tells which."""
    users: tuple[User, ...] = ()
    """None: ``writer`` and ``reader`` with generated passwords, see
    ``credentials``."""
    limits: Limits = Limits()
