"""Scalars with a unit: durations, sizes and addresses.

Each parser returns None for text it does not understand; the caller says where.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from typing_extensions import override

_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s?(ms|s|m|h|d)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE = re.compile(r"(\d{1,15})\s?(B|[kKMGT]i?B)?", re.ASCII)
_BYTES = {
    "": 1,
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|\*?", re.ASCII)
_IPV6 = re.compile(r"[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9._-]{1,32})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """Host and TCP port; IPv6 hosts without their brackets."""

    host: str
    """'' means every interface (written ``:8080`` or ``*:8080``)."""
    port: int

    @override
    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else self._plain()

    def _plain(self) -> str:
        return f"{self.host}:{self.port}"


def parse_duration(text: str) -> float | None:
    """Seconds of ``250ms``, ``10s``, ``1.5m``, ``8h`` or ``7d``."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    return float(found[1]) * _SECONDS[found[2]]


def parse_size(text: str) -> int | None:
    """Bytes of ``4096``, ``64KiB``, ``8 MiB`` or ``10MB`` (powers of ten)."""
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    return int(found[1]) * _BYTES[(found[2] or "").upper()]


def parse_address(text: str) -> Address | None:
    """``host:port``, ``[v6]:port`` or ``:port``; port 0 asks for any free one."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port[:6]) > 65535:
        return None
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        return Address(host, int(port)) if _IPV6.fullmatch(host) else None
    if _HOST.fullmatch(host) is None:
        return None
    return Address("" if host == "*" else host, int(port))
