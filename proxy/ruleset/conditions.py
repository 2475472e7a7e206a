"""What else a record rule asks of an exchange before it claims it.

Beside the request pattern and its ``query`` and ``form`` fields: request headers,
and of the response its status, content type and marks in its text. All must hold.
An exchange whose response never came cannot tell, so conditions on the response
hold for it: the rule claims it, and it fails visibly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from proxy.document import Fields, Kind, Node, Problems
from proxy.exchange.patterns import Glob, compile_glob
from proxy.extraction import View
from proxy.ruleset.predicates import read_status
from proxy.ruleset.selectors import SECRET_HEADERS


class Condition(Protocol):
    """One thing asked."""

    @property
    def said(self) -> str:
        """What does not hold, when it does not; for explanations."""

    def holds(self, view: View) -> bool:
        """Whether the exchange is meant; never raises."""


@dataclass(frozen=True, slots=True)
class HeaderFits:
    """``headers: {X-Requested-With: XMLHttpRequest}``: some value of it fits."""

    name: str
    pattern: Glob

    @property
    def said(self) -> str:
        """See ``Condition``."""
        return f"request header {self.name} is not {self.pattern.text}"

    def holds(self, view: View) -> bool:
        """See ``Condition``."""
        values = view.exchange.request.get_all(self.name.encode("latin-1"))
        return any(self.pattern.match(value.decode("latin-1")) for value in values)


@dataclass(frozen=True, slots=True)
class StatusFits:
    """``status: [200, 3xx]``."""

    ranges: tuple[tuple[int, int], ...]

    @property
    def said(self) -> str:
        """See ``Condition``."""
        return "the status is another"

    def holds(self, view: View) -> bool:
        """See ``Condition``."""
        response = view.exchange.response
        if response is None:
            return True
        return any(low <= response.status <= high for low, high in self.ranges)


@dataclass(frozen=True, slots=True)
class ContentTypeFits:
    """``content_type: [text/html, "application/*json"]``, of the response."""

    patterns: tuple[Glob, ...]

    @property
    def said(self) -> str:
        """See ``Condition``."""
        wanted = " or ".join(pattern.text for pattern in self.patterns)
        return f"the content type is not {wanted}"

    def holds(self, view: View) -> bool:
        """See ``Condition``."""
        if view.exchange.response is None:
            return True
        return any(pattern.match(view.media_type) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class BodyMark:
    """``body: {contains: "Client file", absent: "No access"}``."""

    text: str
    there: bool

    @property
    def said(self) -> str:
        """See ``Condition``."""
        word = "does not contain" if self.there else "contains"
        return f"the body {word} {self.text[:60]!r}"

    def holds(self, view: View) -> bool:
        """See ``Condition``."""
        if view.exchange.response is None:
            return True
        return (self.text in view.text) is self.there


def read_conditions(fields: Fields) -> tuple[Condition, ...]:
    """``headers``, ``status``, ``content_type`` and ``body`` of a record rule."""
    problems = fields.problems
    found: list[Condition] = []
    for name, node in fields.entries("headers"):
        if name.lower() in SECRET_HEADERS:
            fields.wrong(node, f"{name} holds secrets and is never read", "another")
        elif _is_text(node, problems):
            found.append(HeaderFits(name.lower(), compile_glob(node.text)))
    if fields.has("status"):
        read = [read_status(node, problems) for node in fields.elements("status")]
        ranges = tuple(status for status in read if status is not None)
        if ranges:
            found.append(StatusFits(ranges))
    if types := fields.texts("content_type"):
        globs = tuple(compile_glob(text.lower()) for text in types)
        found.append(ContentTypeFits(globs))
    body = fields.child("body")
    if body is not None:
        found += _marks(body, problems)
    return tuple(found)


def reads_pdf(conditions: tuple[Condition, ...]) -> bool:
    """Whether they ask for PDF files by their type."""
    return any(
        "pdf" in pattern.text
        for condition in conditions
        if isinstance(condition, ContentTypeFits)
        for pattern in condition.patterns
    )


def _marks(node: Node, problems: Problems) -> list[Condition]:
    with Fields(node, problems) as fields:
        marks: list[Condition] = [BodyMark(t, True) for t in fields.texts("contains")]
        marks += [BodyMark(text, False) for text in fields.texts("absent")]
        if node.kind is Kind.MAPPING and not node.entries:
            fields.wrong(node, "nothing is stated", "contains: text or absent: text")
    return marks


def _is_text(node: Node, problems: Problems) -> bool:
    if node.kind is Kind.SCALAR:
        return True
    expected = 'text, in which * stands for anything ("*": any value)'
    said = f"{node.kind.value} stands here"
    problems.add(node.line, node.path, said, expected=expected)
    return False
