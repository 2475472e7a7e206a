"""Places in JSON, written in JMESPath: ``{json: "clients[].id"}``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from typing_extensions import override

from proxy.extraction.bodies.tree import read_json
from proxy.extraction.selectors.base import OfRow, RowKind
from proxy.extraction.view import Unreadable, View

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)


def compile_json(expression: str) -> Any:
    """The compiled expression.

    Raises:
        jmespath.exceptions.JMESPathError: It is none.
    """
    return jmespath.compile(expression)


@dataclass(frozen=True, slots=True)
class Json:
    """A JMESPath expression; selector and rows."""

    expression: str
    compiled: Any = field(compare=False, repr=False)
    steps: tuple[str, ...] = field(init=False, compare=False, repr=False)
    """Keys of a plain ``a.b.c``, walked without the interpreter: ten times
    faster, which counts per row."""

    def __post_init__(self) -> None:
        plain = _PLAIN.fullmatch(self.expression)
        steps = tuple(self.expression.split(".")) if plain else ()
        object.__setattr__(self, "steps", steps)

    @property
    def needs_body(self) -> bool:
        """Always."""
        return True

    @property
    def kind(self) -> RowKind:
        """See ``Rows``."""
        return RowKind.JSON

    def rows(self, view: View) -> list[Any]:
        """See ``Rows``: the items of the list that is found."""
        rows: list[Any] = []
        for found in self._found(view, None):
            rows += found if isinstance(found, list) else [found]
        return rows

    def rows_in(self, document: Any) -> list[Any]:
        """The rows of one document of many."""
        try:
            found = self._search(document)
        except (JMESPathError, RecursionError, TypeError, ValueError):
            return []
        if found is None:
            return []
        return found if isinstance(found, list) else [found]

    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``: texts and whole numbers, lists flattened."""
        if row is not None and self.steps:
            value = self._search(row)
            if type(value) is str:
                return [value]
            if type(value) is int:
                return [str(value)]
        values: list[str] = []
        for found in self._found(view, row):
            _texts(found, values)
        # Variants of one document share most of what they hold.
        return values if row is not None else list(dict.fromkeys(values))

    def present(self, view: View) -> bool:
        """Something that is not null, false, or empty."""
        return any(
            found not in (None, False, "", [], {}) for found in self._found(view, None)
        )

    def texts(self, document: Any) -> list[str]:
        """Texts and numbers at this place of a document that is no body.

        Raises:
            JMESPathError, TypeError, ValueError: A function got another type.
            Unreadable: ``too_deep``.
        """
        values: list[str] = []
        try:
            found = self._search(document)
        except RecursionError:
            raise Unreadable("too_deep") from None
        if found is not None:
            _texts(found, values)
        return values

    def _found(self, view: View, row: Any) -> list[Any]:
        documents = view.document(read_json, read_json) if row is None else [row]
        found = []
        for document in documents:
            try:
                value = self._search(document)
            except (JMESPathError, RecursionError, TypeError, ValueError):
                # A function got another type than it takes: not the page meant.
                continue
            if value is not None:
                found.append(value)
        return found

    def _search(self, document: Any) -> Any:
        if not self.steps:
            return self.compiled.search(document)
        for step in self.steps:
            if not isinstance(document, dict):
                return None
            document = document.get(step)
        return document


@dataclass(frozen=True, slots=True)
class Value(OfRow):
    """``value``: the row itself, when it is a text or a number."""

    @override
    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        values: list[str] = []
        _texts(row, values)
        return values


def _texts(found: Any, values: list[str]) -> None:
    try:
        _flatten(found, values)
    except RecursionError:
        raise Unreadable("too_deep") from None


def _flatten(found: Any, values: list[str]) -> None:
    """Texts and numbers, also in (nested) lists; depth as the document's."""
    kind = type(found)
    if kind is str:
        values.append(found)
    elif kind is int or kind is float:
        values.append(str(found))
    elif isinstance(found, list):
        for item in found:
            _flatten(item, values)
