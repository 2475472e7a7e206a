"""Texts of the heads and of the request: path, query, form and header fields.

Hints rather than facts: an application decides which of two equal fields it
reads, so all of them are values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from proxy.extraction.selectors.base import OfHeads
from proxy.extraction.view import View


@dataclass(frozen=True, slots=True)
class PathValue(OfHeads):
    """``path.id``: what ``{id}`` of the request pattern stood for."""

    name: str

    @override
    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        value = view.captures.get(self.name)
        return [] if value is None else [value]


@dataclass(frozen=True, slots=True)
class QueryValue(OfHeads):
    """``query.id``: every field of the query with that name."""

    name: str

    @override
    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        name = self.name
        return [value for key, value in view.target.query if key == name]


@dataclass(frozen=True, slots=True)
class FormValue(OfHeads):
    """``form.id``: every field of the form that was sent."""

    name: str

    @override
    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        name = self.name
        return [value for key, value in view.form if key == name]


@dataclass(frozen=True, slots=True)
class HeaderValue(OfHeads):
    """``header.x-record``: of the response; ``request_header.x`` of the request."""

    name: str
    of_request: bool = False

    @override
    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        message = view.exchange.request if self.of_request else view.response
        name = self.name.encode("latin-1", "replace")
        return [value.decode("latin-1") for value in message.get_all(name)]
