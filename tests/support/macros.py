"""Macros of grafana-clickhouse-datasource, expanded as the plugin does it.

After version 4 of the plugin: ``$__conditionalAll`` and variables in the browser
(``CHDatasource.ts``: the condition becomes ``1=1`` when the variable is empty or
All), the rest in its backend (``pkg/macros/macros.go``): a filter includes both ends;
times are ``toDateTime(seconds)``, ``fromUnixTimestamp64Milli(ms)`` or ``toDate('…')``;
an interval is whole seconds, at least one, of ``toDateTime(column)``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

Variables = Mapping[str, str | Sequence[str]]
"""By name: the value, or the values of a choice of several; ``$__all``: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The period of a board and the interval of a panel."""

    since: datetime
    until: datetime
    interval_s: float = 3_600
    variables: Variables = field(default_factory=dict)


def expand(sql: str, period: Range) -> str:
    """The statement the store is sent; an unknown macro is a ValueError."""
    sql = _conditional(sql, period.variables)
    sql = _variables(sql, period.variables)
    for name, at in (("__from", period.since), ("__to", period.until)):
        sql = sql.replace(f"${{{name}:date:iso}}", _iso(at))
    while found := re.search(r"\$__(\w+)", sql):
        arguments, end = _arguments(sql, found.end())
        sql = sql[: found.start()] + _macro(found[1], arguments, period) + sql[end:]
    if "$" in sql:
        raise ValueError(f"left over: {sql[sql.index('$') :][:40]!r}")
    return sql


def _macro(name: str, arguments: list[str], period: Range) -> str:
    since, until = period.since, period.until
    column = arguments[0] if arguments else ""
    match name:
        case "fromTime":
            return _seconds(since)
        case "toTime":
            return _seconds(until)
        case "fromTime_ms":
            return _milliseconds(since)
        case "toTime_ms":
            return _milliseconds(until)
        case "timeFilter":
            return _between(column, _seconds(since), _seconds(until))
        case "timeFilter_ms":
            return _between(column, _milliseconds(since), _milliseconds(until))
        case "dateFilter":
            return _between(column, _date(since), _date(until))
        case "dateTimeFilter" | "dt":
            days = _between(column, _date(since), _date(until))
            times = _between(arguments[1], _seconds(since), _seconds(until))
            return f"({days}) AND ({times})"
        case "timeInterval":
            every = int(max(period.interval_s, 1))
            return f"toStartOfInterval(toDateTime({column}), INTERVAL {every} second)"
        case "timeInterval_ms":
            every = int(max(period.interval_s * 1_000, 1))
            return (
                f"toStartOfInterval(toDateTime64({column}, 3), "
                f"INTERVAL {every} millisecond)"
            )
        case "interval_s":
            return str(int(max(period.interval_s, 1)))
        case _:
            raise ValueError(f"the plugin has no macro $__{name}")


def _between(column: str, since: str, until: str) -> str:
    return f"{column} >= {since} AND {column} <= {until}"


def _seconds(at: datetime) -> str:
    return f"toDateTime({int(at.timestamp())})"


def _milliseconds(at: datetime) -> str:
    return f"fromUnixTimestamp64Milli({int(at.timestamp() * 1_000)})"


def _iso(at: datetime) -> str:
    """Grafana's own: ``${__from:date:iso}`` is ``2020-07-13T20:19:09.254Z``."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat('T', 'milliseconds')}Z"


def _date(at: datetime) -> str:
    return f"toDate('{at.astimezone(UTC):%Y-%m-%d}')"


def _conditional(sql: str, variables: Variables) -> str:
    macro = "$__conditionalAll"
    while (at := sql.rfind(macro)) >= 0:
        arguments, end = _arguments(sql, at + len(macro))
        condition, variable = arguments
        named = re.search(r"\w+", variable)
        value = variables.get(named[0], "") if named else ""
        phrase = "1=1" if value in {"", "$__all"} else condition
        sql = sql[:at] + phrase + sql[end:]
    return sql


def _variables(sql: str, variables: Variables) -> str:
    r"""Grafana's own: ``${name:singlequote}`` is each value quoted, ``'`` as ``\'``."""

    def value(found: re.Match[str]) -> str:
        chosen = variables[found[1]]
        several = [chosen] if isinstance(chosen, str) else chosen
        return ",".join("'" + one.replace("'", "\\'") + "'" for one in several)

    return re.sub(r"\$\{(\w+):singlequote\}", value, sql)


def _arguments(sql: str, at: int) -> tuple[list[str], int]:
    """Arguments of the parenthesis that opens here, if one does; and its end."""
    if at >= len(sql) or sql[at] != "(":
        return [], at
    arguments: list[str] = []
    depth, start = 0, at + 1
    for index in range(at, len(sql)):
        if sql[index] == "(":
            depth += 1
        elif sql[index] == ")":
            depth -= 1
            if depth == 0:
                return [*arguments, sql[start:index].strip()], index + 1
        elif sql[index] == "," and depth == 1:
            arguments.append(sql[start:index].strip())
            start = index + 1
    raise ValueError(f"a parenthesis is not closed: {sql[at:][:40]!r}")
