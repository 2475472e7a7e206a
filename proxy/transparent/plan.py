"""What has to be led where; pure.

Marks and the routing table have one number each, unlikely to be in use (``0x7768``
is "wh"). They are compared and set as a whole: a host whose packets carry other
marks towards the application keeps them only until here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from proxy.config import Application, Config, TransparentMethod

ROUTE_MARK: Final = 0x7768
"""Packets that are delivered to this host whatever their destination says."""
OWN_MARK: Final = 0x7769
"""Packets of a wire's own connections; ``addons.settings`` has the same number."""
TABLE: Final = 7768
"""Routing table, and preference of the rule that leads to it."""


@dataclass(frozen=True, slots=True)
class Led:
    """One application."""

    application: str
    method: TransparentMethod
    port: int
    """Where the wires listen."""
    destinations: tuple[tuple[str, int], ...]

    def family(self, *, ipv6: bool) -> tuple[tuple[str, int], ...]:
        """Those of one family."""
        return tuple(each for each in self.destinations if (":" in each[0]) is ipv6)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one host leads."""

    led: tuple[Led, ...]

    def by(self, method: TransparentMethod) -> tuple[Led, ...]:
        """Those led in one way."""
        return tuple(each for each in self.led if each.method is method)

    def destinations(self, *, ipv6: bool) -> tuple[tuple[str, int], ...]:
        """All of one family, each once."""
        found = [d for each in self.led for d in each.family(ipv6=ipv6)]
        return tuple(dict.fromkeys(found))

    @property
    def routed(self) -> bool:
        """Whether packets have to be delivered here against their destination."""
        return bool(self.by(TransparentMethod.TPROXY))


def plan(config: Config) -> Plan:
    """What the config's transparent applications need; none: an empty plan."""
    return Plan(tuple(_led(each) for each in config.applications if each.transparent))


def _led(application: Application) -> Led:
    assert application.transparent is not None
    return Led(
        application=application.name,
        method=application.transparent.method,
        port=application.listen.port,
        destinations=tuple(
            (each.host, each.port) for each in application.transparent.destinations
        ),
    )
