r"""Values worked on after they were found: ``{query: ref, regex: "^K(\d+)$"}``.

The place for transforms; each is one step from texts to texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from proxy.extraction.selectors.base import Selector
from proxy.extraction.selectors.pattern import Pattern
from proxy.extraction.view import View


@dataclass(frozen=True, slots=True)
class Refined:
    """Values of ``source``, each narrowed to what ``pattern`` finds in it."""

    source: Selector
    pattern: Pattern

    @property
    def needs_body(self) -> bool:
        """As its source."""
        return self.source.needs_body

    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        return [
            value
            for text in self.source.values(view, row)
            for value in self.pattern.search(view, text)
        ]

    def present(self, view: View) -> bool:
        """Whether any value remains."""
        return bool(self.values(view, None))
