"""Reading one mapping strictly.

``Fields`` remembers which keys were asked for; leaving its ``with`` block (or
``done``) reports the others as unknown, with the nearest known key. A reader
given no default requires its key. After a problem a placeholder of the right
type is returned, so that reading goes on and finds the other mistakes.
"""

from __future__ import annotations

import re
from enum import Enum
from pathlib import PurePath
from types import TracebackType
from typing import Final, Self, TypeVar
from urllib.parse import urlsplit

from proxy.document.node import Kind, Node
from proxy.document.problems import Problems, near_miss
from proxy.document.values import Address, parse_address, parse_duration, parse_size

E = TypeVar("E", bound=Enum)
D = TypeVar("D")


class _Required(Enum):
    REQUIRED = "required"


REQUIRED: Final = _Required.REQUIRED
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9_]{0,17})", re.ASCII)


class Fields:
    """A mapping being read. Use as a context manager, or call ``done``."""

    def __init__(self, node: Node, problems: Problems) -> None:
        self.node = node
        self.problems = problems
        self._asked: set[str] = set()
        self._usable = node.kind is Kind.MAPPING
        if not self._usable:
            self.wrong(node, f"{node.kind.value} stands here", "a mapping")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.done()

    def done(self) -> None:
        """Report every key that was not asked for."""
        for (name, _), line in zip(self.node.entries, self.node.key_lines, strict=True):
            if name in self._asked:
                continue
            hint = near_miss(name, self._asked - {key for key, _ in self.node.entries})
            expected = "" if hint else "one of " + ", ".join(sorted(self._asked))
            self.problems.add(
                line, self._path(name), "unknown key", expected=expected, hint=hint
            )

    def allow(self, *keys: str) -> None:
        """Keys that are known though nobody reads them here."""
        self._asked.update(keys)

    def wrong(
        self, node: Node, message: str, expected: str = "", hint: str = ""
    ) -> None:
        """Report a mistake at a node."""
        self.problems.add(node.line, node.path, message, expected=expected, hint=hint)

    def has(self, key: str) -> bool:
        """Whether the key is there with a value; asking makes it known."""
        return self.child(key) is not None

    def child(self, key: str) -> Node | None:
        """The node of a key; None when absent or empty. Makes the key known."""
        self._asked.add(key)
        node = self.node.get(key)
        return None if node is None or node.kind is Kind.NULL else node

    def required(self, key: str, expected: str = "") -> Node | None:
        """The node of a key; its absence is a problem."""
        node = self.child(key)
        if node is None and self._usable:
            present = self.node.get(key)
            line = present.line if present is not None else self.node.line
            self.problems.add(line, self._path(key), "missing", expected=expected)
        return node

    def text(self, key: str, default: D | _Required = REQUIRED) -> str | D:
        """A string, exactly as written (``on`` stays "on"). Never echoed."""
        scalar = self._scalar(key, "text", default)
        if scalar is not None:
            return scalar.text
        return "" if isinstance(default, _Required) else default

    def flag(self, key: str, default: D | _Required = REQUIRED) -> bool | D:
        """Read true or false, unquoted (yes, no, on and off as well)."""
        scalar = self._scalar(key, "true or false", default)
        if scalar is not None:
            word = scalar.text.lower()
            if not scalar.quoted and word in _TRUE | _FALSE:
                return word in _TRUE
            self.wrong(scalar, "not a yes or no", "true or false")
        return False if isinstance(default, _Required) else default

    def integer(
        self,
        key: str,
        default: D | _Required = REQUIRED,
        *,
        least: int = 0,
        most: int = 2**53,
    ) -> int | D:
        """A decimal whole number within bounds; ``1_000`` is allowed, 010 is not."""
        scalar = self._scalar(key, "a whole number", default)
        if scalar is not None:
            if _INTEGER.fullmatch(scalar.text):
                value = int(scalar.text)
                if least <= value <= most:
                    return value
            self._echo(scalar, f"a whole number from {least} to {most}")
        return least if isinstance(default, _Required) else default

    def duration(
        self,
        key: str,
        default: D | _Required = REQUIRED,
        *,
        least: float = 0.0,
        most: float = 86400.0 * 3660,
    ) -> float | D:
        """Seconds, written ``250ms``, ``10s``, ``5m``, ``8h`` or ``7d``."""
        scalar = self._scalar(key, "a duration such as 10s or 250ms", default)
        if scalar is not None:
            value = parse_duration(scalar.text)
            if value is not None and least <= value <= most:
                return value
            if value is None:
                self._echo(scalar, "a duration such as 250ms, 10s, 5m, 8h or 7d")
            else:
                self._echo(scalar, f"from {least:g} to {most:g} seconds")
        return least if isinstance(default, _Required) else default

    def size(
        self,
        key: str,
        default: D | _Required = REQUIRED,
        *,
        least: int = 0,
        most: int = 2**53,
    ) -> int | D:
        """Bytes, written ``4096``, ``64KiB`` or ``8MiB``."""
        scalar = self._scalar(key, "a size such as 8MiB", default)
        if scalar is not None:
            value = parse_size(scalar.text)
            if value is not None and least <= value <= most:
                return value
            if value is None:
                self._echo(scalar, "a size such as 4096, 64KiB or 8MiB")
            else:
                self._echo(scalar, f"from {least} to {most} bytes")
        return least if isinstance(default, _Required) else default

    def address(self, key: str, default: D | _Required = REQUIRED) -> Address | D:
        """``host:port``."""
        scalar = self._scalar(key, "host:port", default)
        if scalar is not None:
            value = parse_address(scalar.text)
            if value is not None:
                return value
            self._echo(scalar, "host:port, such as 127.0.0.1:8080")
        return Address("", 0) if isinstance(default, _Required) else default

    def url(
        self,
        key: str,
        default: D | _Required = REQUIRED,
        *,
        schemes: tuple[str, ...] = ("http", "https"),
    ) -> str | D:
        """An absolute URL of one of these schemes. Not echoed: may hold a secret."""
        expected = " or ".join(f"{scheme}://…" for scheme in schemes)
        scalar = self._scalar(key, expected, default)
        if scalar is not None:
            if _is_url(scalar.text, schemes):
                return scalar.text
            self.wrong(scalar, "not a complete URL", expected)
        return "" if isinstance(default, _Required) else default

    def path(self, key: str, default: D | _Required = REQUIRED) -> PurePath | D:
        """A path of the file system, as written; whether it exists is not asked."""
        scalar = self._scalar(key, "a path", default)
        if scalar is not None:
            if scalar.text and "\0" not in scalar.text:
                return PurePath(scalar.text)
            self.wrong(scalar, "not a path", "a path")
        return PurePath() if isinstance(default, _Required) else default

    def choice(
        self, key: str, kind: type[E], default: D | _Required = REQUIRED
    ) -> E | D:
        """One of an enum's values."""
        words = [str(member.value) for member in kind]
        scalar = self._scalar(key, " or ".join(words), default)
        if scalar is not None:
            for member in kind:
                if member.value == scalar.text:
                    return member
            self._echo(
                scalar, " or ".join(words), near_miss(scalar.text.lower(), words)
            )
        return next(iter(kind)) if isinstance(default, _Required) else default

    def elements(
        self, key: str, default: tuple[Node, ...] | _Required = ()
    ) -> tuple[Node, ...]:
        """A list's nodes; one value that is no list counts as a list of one."""
        node = self.required(key) if default is REQUIRED else self.child(key)
        if node is None:
            return default if isinstance(default, tuple) else ()
        return node.elements if node.kind is Kind.SEQUENCE else (node,)

    def texts(
        self, key: str, default: tuple[str, ...] | _Required = ()
    ) -> tuple[str, ...]:
        """One string or a list of them."""
        if not self.has(key):
            if isinstance(default, _Required):
                self.required(key, "text or a list of texts")
                return ()
            return default
        found = []
        for node in self.elements(key):
            if node.kind is Kind.SCALAR:
                found.append(node.text)
            else:
                self.wrong(node, f"{node.kind.value} stands here", "text")
        return tuple(found)

    def entries(
        self, key: str, *, required: bool = False
    ) -> tuple[tuple[str, Node], ...]:
        """The entries of a mapping whose keys are free names."""
        node = self.required(key, "a mapping") if required else self.child(key)
        if node is None:
            return ()
        if node.kind is not Kind.MAPPING:
            self.wrong(node, f"{node.kind.value} stands here", "a mapping")
            return ()
        return node.entries

    def _scalar(self, key: str, expected: str, default: object) -> Node | None:
        node = self.required(key, expected) if default is REQUIRED else self.child(key)
        if node is not None and node.kind is not Kind.SCALAR:
            self.wrong(node, f"{node.kind.value} stands here", expected)
            return None
        return node

    def _echo(self, node: Node, expected: str, hint: str = "") -> None:
        self.wrong(node, f"{node.text[:60]!r} is not right", expected, hint)

    def _path(self, key: str) -> str:
        return f"{self.node.path}.{key}" if self.node.path else key


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname) and text.isprintable()
