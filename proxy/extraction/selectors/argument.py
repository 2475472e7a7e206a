"""What a request asks for, inside its body: ``argument.id``, operations of rules.

Arguments are those of the dialect's calls: parameters of a SOAP operation, of an
RPC method, fields of a postback. Places in them are JMESPath, lists flattened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jmespath.exceptions import JMESPathError
from typing_extensions import override

from proxy.extraction.dialects.base import Call, Dialect, calls_of
from proxy.extraction.selectors.base import OfHeads
from proxy.extraction.selectors.tree import Json
from proxy.extraction.view import Unreadable, View


def argument_values(call: Call, place: Json) -> list[str]:
    """Texts and numbers at a place in the arguments of a call."""
    try:
        return place.texts(call.arguments)
    except (JMESPathError, Unreadable, TypeError, ValueError):
        return []


@dataclass(frozen=True, slots=True)
class Argument(OfHeads):
    """``argument.id``, or ``{argument: "[0].id"}``: of every call looked at."""

    dialect: Dialect
    place: Json

    @override
    def values(self, view: View, row: Any) -> list[str]:
        """See ``Selector``."""
        return [
            value
            for call in calls_of(self.dialect, view)
            for value in argument_values(call, self.place)
        ]
