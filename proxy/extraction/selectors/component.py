"""Records of a Siebel business component: ``each: {siebel: Account}``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from proxy.extraction.dialects.siebel import component_rows
from proxy.extraction.selectors.base import RowKind
from proxy.extraction.view import View


@dataclass(frozen=True, slots=True)
class ComponentRows:
    """Rows that are records: field → value, ``Id`` the row id."""

    component: str

    @property
    def kind(self) -> RowKind:
        """See ``Rows``."""
        return RowKind.JSON

    def rows(self, view: View) -> list[Any]:
        """See ``Rows``."""
        found = component_rows(view, self.component)
        return list(found[: view.settings.rows + 1])
