"""Which calls of a dialect a record rule claims.

One request can ask for several things: a batch of calls, or a call that goes by
several names of which the server reads one. So that none can hide behind another,
every call and name is claimed by the first rule that fits it, and the exchange is
read by all of these rules; see ``proxy.ruleset.calls``.
"""

from __future__ import annotations

from dataclasses import dataclass

from proxy.exchange.patterns import Glob
from proxy.extraction import View
from proxy.extraction.dialects.base import Call, Dialect, calls_of
from proxy.extraction.selectors.argument import argument_values
from proxy.extraction.selectors.tree import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """``operation`` and ``arguments`` of a rule."""

    dialect: Dialect
    names: tuple[Glob, ...] = ()
    """Any of them; empty: whatever is asked for."""
    arguments: tuple[tuple[Json, Glob], ...] = ()
    """Some value at each place has to fit."""

    def fits(self, view: View) -> bool:
        """Whether some call of the request is one of these."""
        if not self.names and not self.arguments:
            return True
        return any(
            self.fitting(call, call.names) for call in calls_of(self.dialect, view)
        )

    def fitting(self, call: Call, names: tuple[str, ...]) -> tuple[str, ...]:
        """Which of these names of a call are this operation's."""
        for place, pattern in self.arguments:
            if not any(map(pattern.match, argument_values(call, place))):
                return ()
        if not self.names:
            return names
        return tuple(
            name for name in names if any(glob.match(name) for glob in self.names)
        )

    def several(self, view: View) -> bool:
        """Whether a request can be read in more than one way."""
        calls = calls_of(self.dialect, view)
        return len(calls) > 1 or (len(calls) == 1 and len(calls[0].names) > 1)
