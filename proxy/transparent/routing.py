"""The route that delivers marked packets to this host; TPROXY needs it; pure."""

from __future__ import annotations

from proxy.transparent.plan import ROUTE_MARK, TABLE

Words = tuple[str, ...]


def present(*, ipv6: bool) -> tuple[Words, ...]:
    """Arguments of ``ip``; said after ``absent``, which may fail."""
    family = _family(ipv6=ipv6)
    return (
        (family, "route", "replace", "local", "default", "dev", "lo", *_table()),
        (family, "rule", "add", *_rule()),
    )


def absent(*, ipv6: bool) -> tuple[Words, ...]:
    """What takes it away; each fails where it was not there."""
    family = _family(ipv6=ipv6)
    return (
        (family, "rule", "del", *_rule()),
        (family, "route", "flush", *_table()),
    )


def listed(*, ipv6: bool) -> Words:
    """What shows whether it is there."""
    return (_family(ipv6=ipv6), "rule", "show", "pref", str(TABLE))


def _family(*, ipv6: bool) -> str:
    return "-6" if ipv6 else "-4"


def _rule() -> Words:
    return ("fwmark", f"{ROUTE_MARK:#x}", "lookup", str(TABLE), "pref", str(TABLE))


def _table() -> Words:
    return ("table", str(TABLE))
