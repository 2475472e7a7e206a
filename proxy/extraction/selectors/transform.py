r"""One id however a page spells it: ``{path: id, transform: [percent, strip_zeros]}``.

Steps run in the order written, each from a text to texts. A text that a step
cannot read (no base64, no JSON string) gives no value, so that it is seen as
unreadable and not stored as rubbish. More than ``Settings.rows`` values of one
selector are ``too_many_values``.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from proxy.extraction.selectors.base import Selector
from proxy.extraction.selectors.pattern import Pattern
from proxy.extraction.view import Unreadable, View

MOST_STEPS = 16
"""Of one selector; three are many."""
_URL_SAFE = str.maketrans("-_", "+/")
_SPACE = re.compile(r"\s+")


class Step(Protocol):
    """One change of spelling."""

    def apply(self, view: View, text: str) -> list[str]:
        """What becomes of a text.

        Raises:
            Unreadable: ``regex_timeout``.
        """


@dataclass(frozen=True, slots=True)
class Named:
    """A step that needs no more than its name."""

    word: str

    def apply(self, view: View, text: str) -> list[str]:
        """See ``Step``."""
        del view
        changed = STEPS[self.word](text)
        return [] if changed is None else [changed]


@dataclass(frozen=True, slots=True)
class Capture:
    r"""``{regex: 'client-(\d+)'}``: what it finds, every time."""

    pattern: Pattern

    def apply(self, view: View, text: str) -> list[str]:
        """See ``Step``."""
        return self.pattern.search(view, text)


@dataclass(frozen=True, slots=True)
class Replace:
    """``{replace: [".", ""]}``: every occurrence of a text, taken literally."""

    old: str
    new: str

    def apply(self, view: View, text: str) -> list[str]:
        """See ``Step``."""
        del view
        return [text.replace(self.old, self.new)]


@dataclass(frozen=True, slots=True)
class Split:
    """``{split: ","}``: each piece is a value, empty ones are none."""

    separator: str

    def apply(self, view: View, text: str) -> list[str]:
        """See ``Step``."""
        pieces = text.split(self.separator, view.settings.rows)
        return [piece for piece in pieces if piece.strip()]


@dataclass(frozen=True, slots=True)
class Transformed:
    """Values of ``source``, each after all ``steps``."""

    source: Selector
    steps: tuple[Step, ...]
    _plain: tuple[Callable[[str], str | None], ...] = field(
        init=False, repr=False, compare=False
    )
    """The steps when each makes one text of one: a list has one per row."""

    def __post_init__(self) -> None:
        plain = tuple(STEPS[s.word] for s in self.steps if isinstance(s, Named))
        if len(plain) != len(self.steps):
            plain = ()
        object.__setattr__(self, "_plain", plain)

    @property
    def needs_body(self) -> bool:
        """As its source."""
        return self.source.needs_body

    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        values = self.source.values(view, row)
        if self._plain:
            return _changed(values, self._plain)
        most = view.settings.rows
        for step in self.steps:
            values = [new for old in values for new in step.apply(view, old)]
            if len(values) > most:
                raise Unreadable("too_many_values")
        return values

    def present(self, view: View) -> bool:
        """Whether any value remains."""
        return any(self.values(view, None))


def _changed(
    values: list[str], changes: tuple[Callable[[str], str | None], ...]
) -> list[str]:
    found = []
    for text in values:
        for change in changes:
            after = change(text)
            if after is None:
                break
            text = after
        else:
            found.append(text)
    return found


def _percent(text: str) -> str:
    # A text of JSON may hold half a character; it stays, as no text.
    data = unquote_to_bytes(text.encode("utf-8", "replace"))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _base64(text: str) -> str | None:
    plain = _SPACE.sub("", text).translate(_URL_SAFE).rstrip("=")
    try:
        data = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _json(text: str) -> str | None:
    written = text.strip()
    if not (len(written) > 1 and written[0] == written[-1] == '"'):
        written = f'"{written}"'
    try:
        value = json.loads(written, strict=False)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, str):
        return None
    # Half of a surrogate pair is no character and cannot be hashed as one.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _strip_zeros(text: str) -> str:
    stripped = text.strip()
    return stripped.lstrip("0") or stripped[-1:]


STEPS: dict[str, Callable[[str], str | None]] = {
    "percent": _percent,
    "base64": _base64,
    "html": html.unescape,
    "json": _json,
    "trim": str.strip,
    "strip_zeros": _strip_zeros,
    "upper": str.upper,
    "lower": str.lower,
}
"""Word → change; None says that the text is not what the step reads."""
