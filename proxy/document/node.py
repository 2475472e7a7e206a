"""YAML text → a tree of nodes that know where they stand.

Built from the parser's events with an own stack: no recursion, so nesting
cannot exhaust ours. An alias shares the node of its anchor and counts with
everything below it, so that "billion laughs" meets the node limit.

Failure modes: text that is no YAML gives one problem and None; duplicate,
non-scalar and merge keys give a problem each and the tree without them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import yaml

from proxy.document.problems import Problems

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # pragma: no cover - PyYAML without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits on a document; defaults are far above any file a person writes."""

    characters: int = 1 << 20
    depth: int = 32
    nodes: int = 50_000


class Kind(Enum):
    """What a node is."""

    MAPPING = "a mapping"
    SEQUENCE = "a list"
    SCALAR = "a value"
    NULL = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value with its place. Only the fields of its kind are filled."""

    kind: Kind
    line: int
    column: int
    path: str
    """``records.client.subject``; '' for the root."""
    text: str = ""
    """A scalar as written, quotes and escapes resolved."""
    quoted: bool = False
    """The scalar was written in quotes or as a block: surely a string."""
    entries: tuple[tuple[str, Node], ...] = ()
    """A mapping's keys and values in order; keys are unique."""
    key_lines: tuple[int, ...] = ()
    """Line of each key of a mapping."""
    elements: tuple[Node, ...] = ()
    size: int = 1
    """Nodes in this tree."""

    def get(self, key: str) -> Node | None:
        """Value of a key of a mapping, or None."""
        for name, node in self.entries:
            if name == key:
                return node
        return None


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been read."""

    mapping: bool
    line: int
    column: int
    path: str
    anchor: str | None
    keys: list[tuple[str, int]] = field(default_factory=list)
    values: list[Node] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    key: tuple[str, int] | None = None
    """The key whose value comes next; an empty name drops that value."""

    def child_path(self) -> str:
        if not self.mapping:
            return f"{self.path}[{len(self.values)}]"
        name = self.key[0] if self.key else "?"
        return f"{self.path}.{name}" if self.path else name

    def closed(self) -> Node:
        size = 1 + sum(node.size for node in self.values)
        if not self.mapping:
            return Node(
                kind=Kind.SEQUENCE,
                line=self.line,
                column=self.column,
                path=self.path,
                elements=tuple(self.values),
                size=size,
            )
        names = (name for name, _ in self.keys)
        return Node(
            kind=Kind.MAPPING,
            line=self.line,
            column=self.column,
            path=self.path,
            entries=tuple(zip(names, self.values, strict=True)),
            key_lines=tuple(line for _, line in self.keys),
            size=size,
        )


def _place(event: yaml.Event) -> tuple[int, int]:
    """Line and column, 1-based."""
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


class _Stop(Exception):
    """The rest of the document is not worth reading; a problem says why."""


class _Builder:
    def __init__(self, problems: Problems, bounds: Bounds) -> None:
        self.problems = problems
        self.bounds = bounds
        self.stack: list[_Open] = []
        self.anchors: dict[str, Node] = {}
        self.nodes = 0
        self.documents = 0
        self.root: Node | None = None

    def feed(self, event: yaml.Event) -> None:
        line, column = _place(event)
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self.stop(line, "", "a second document", "one document in a file")
            case yaml.ScalarEvent():
                quoted = event.style is not None and event.style != ""
                path = self.stack[-1].child_path() if self.stack else ""
                null = not quoted and event.value in _NULLS
                node = Node(
                    kind=Kind.NULL if null else Kind.SCALAR,
                    line=line,
                    column=column,
                    path=path,
                    text=event.value,
                    quoted=quoted,
                )
                self.add(node, event.anchor, line)
            case yaml.AliasEvent():
                aliased = self.anchors.get(event.anchor or "")
                if aliased is None:
                    self.stop(line, "", f"*{event.anchor} has no value yet", "")
                else:
                    self.add(aliased, None, line)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self.open(event, line, column)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                done = self.stack.pop()
                self.add(done.closed(), done.anchor, done.line, counted=True)
            case _:
                pass

    def open(
        self,
        event: yaml.MappingStartEvent | yaml.SequenceStartEvent,
        line: int,
        column: int,
    ) -> None:
        path = self.stack[-1].child_path() if self.stack else ""
        self.count(1, line, path)
        if len(self.stack) >= self.bounds.depth:
            most = f"at most {self.bounds.depth} levels"
            self.stop(line, path, "nested too deep", most)
        mapping = isinstance(event, yaml.MappingStartEvent)
        self.stack.append(_Open(mapping, line, column, path, event.anchor))

    def add(
        self, node: Node, anchor: str | None, line: int, *, counted: bool = False
    ) -> None:
        """Put a finished node where it belongs; ``line`` is where it is used."""
        if not counted:
            self.count(node.size, line, node.path)
        if anchor is not None:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if not top.mapping:
            top.values.append(node)
        elif top.key is None:
            top.key = (self.key(node, top, line), line)
        else:
            if top.key[0]:
                top.keys.append(top.key)
                top.values.append(node)
            top.key = None

    def key(self, node: Node, top: _Open, line: int) -> str:
        """The name a key gives, or '' after a problem."""
        if node.kind not in (Kind.SCALAR, Kind.NULL) or not node.text:
            self.problems.add(line, top.path, "a key that is no word", expected="text")
            return ""
        path = f"{top.path}.{node.text}" if top.path else node.text
        if node.text == "<<" and not node.quoted:
            self.problems.add(line, path, "merge keys are not read")
            return ""
        if node.text in top.seen:
            self.problems.add(line, path, "the key was given before")
            return ""
        top.seen.add(node.text)
        return node.text

    def count(self, nodes: int, line: int, path: str) -> None:
        self.nodes += nodes
        if self.nodes > self.bounds.nodes:
            most = f"at most {self.bounds.nodes} with aliases written out"
            self.stop(line, path, "too many values", most)

    def stop(self, line: int, key: str, message: str, expected: str) -> None:
        self.problems.add(line, key, message, expected=expected)
        raise _Stop


def parse(text: str, problems: Problems, bounds: Bounds | None = None) -> Node | None:
    """The document's tree, or None when it cannot be read at all.

    Mistakes go to ``problems``; a tree may come with some.
    """
    bounds = bounds or Bounds()
    if len(text) > bounds.characters:
        most = f"at most {bounds.characters} characters"
        problems.add(0, "", "the file is too large", expected=most)
        return None
    builder = _Builder(problems, bounds)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.feed(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        said = " ".join(part for part in (error.context, error.problem) if part)
        escape = "escape" in said
        expected = "single quotes around text with backslashes" if escape else ""
        problems.add(line, "", f"not readable as YAML: {said}", expected=expected)
        return None
    except (yaml.YAMLError, UnicodeError):
        problems.add(0, "", "not readable as YAML: a character that is not allowed")
        return None
    except _Stop:
        return None
    if builder.root is None or builder.root.kind is Kind.NULL:
        problems.add(0, "", "the file is empty", expected="a mapping")
        return None
    return builder.root
