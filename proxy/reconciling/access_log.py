"""Lines of an access log → requests; pure.

Two families, told apart by their first line: NCSA common and combined, as Apache,
nginx and HAProxy write them (the first seven fields are the same), and W3C extended,
as IIS writes it, whose ``#Fields`` directive names the columns.

Sources: Apache HTTP Server, mod_log_config; W3C Working Draft "Extended Log File
Format" (WD-logfile-960323).

A line that is neither is counted and given back with its number: a log that cannot
be read must not look like one that agrees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

MOST_LINE = 64 << 10
"""Characters of a line that are read; web servers bound theirs far below."""

_COMMON = re.compile(
    r"(?P<client>\S+) \S+ \S.*? \[(?P<at>[^\]]{20,40})\] "
    r'"(?P<method>[!#$%&\'*+.^_`|~0-9A-Za-z-]+) (?P<target>\S+)(?: [^"]*)?" '
    r"(?P<status>\d{3}) "
)
_TIME = "%d/%b/%Y:%H:%M:%S %z"
_W3C = {
    "date": "date",
    "time": "time",
    "cs-method": "method",
    "cs-uri-stem": "target",
    "sc-status": "status",
}


@dataclass(frozen=True, slots=True)
class Logged:
    """One request as another program logged it."""

    line: int
    """1-based."""
    at: datetime
    """To the second; when it began or when it ended, as that program likes."""
    method: str
    path: str
    """Without query and path parameters."""
    status: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that says nothing we know."""

    line: int


def read(lines: Iterable[str]) -> Iterator[Logged | Unreadable]:
    """What each line says; comments and empty lines are passed over."""
    columns: list[str] = []
    for number, raw in enumerate(lines, 1):
        line = raw[:MOST_LINE].rstrip("\r\n")
        if line.startswith("#Fields:"):
            columns = line.removeprefix("#Fields:").split()
        elif line and not line.startswith("#"):
            found = _extended(columns, line, number) if columns else None
            yield found or _common(line, number) or Unreadable(number)


def _common(line: str, number: int) -> Logged | None:
    found = _COMMON.match(line + " ")
    if found is None:
        return None
    try:
        at = datetime.strptime(found["at"], _TIME)  # noqa: DTZ007 - it has %z
    except ValueError:
        return None
    return Logged(
        number,
        at.astimezone(UTC),
        found["method"],
        path_of(found["target"]),
        int(found["status"]),
    )


def _extended(columns: list[str], line: str, number: int) -> Logged | None:
    values = line.split()
    if len(values) != len(columns):
        return None
    named = {
        _W3C[column]: value
        for column, value in zip(columns, values, strict=True)
        if column in _W3C
    }
    try:
        at = datetime.fromisoformat(f"{named['date']}T{named['time']}+00:00")
        status = int(named["status"])
        return Logged(number, at, named["method"], path_of(named["target"]), status)
    except (KeyError, ValueError):
        return None


def path_of(target: str) -> str:
    """The path of a request target as rows have it: no query, no parameters.

    RFC 9112, section 3.2: an absolute form names the host before it.
    """
    if "://" in target:
        target = "/" + target.partition("://")[2].partition("/")[2]
    path = target.partition("?")[0].partition("#")[0]
    return re.sub(r";[^/]*", "", path) or "/"
