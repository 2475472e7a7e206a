"""``whosaw reconcile``: does what was seen add up to what was recorded?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from proxy.cli.ask import From, To, asking, period
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Json
from proxy.cli.printing import console, line
from proxy.config import load
from proxy.errors import ExitCode, UsageError
from proxy.reconciling.access_log import Logged, Unreadable, read
from proxy.reconciling.account import Balance, Difference, Kind, balance
from proxy.reconciling.matching import MOST_LINES, TOLERANCE, Matching, Passed, match
from proxy.store.client import ClickHouseStore

_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reconcile)


def reconcile(
    config: ConfigFile = DEFAULT_CONFIG,
    start: From = None,
    end: To = None,
    against: Annotated[
        Path | None,
        typer.Option(
            help="Access log of a web server or load balancer (common, combined or "
            "W3C): name every request in it that was never seen."
        ),
    ] = None,
    application: Annotated[
        str, typer.Option(help="Compare --against with this application only.")
    ] = "",
    *,
    as_json: Json = False,
) -> int:
    """Seen = recorded + gaps, numbers without holes; exit code 1 on a difference.

    Example: whosaw reconcile --from 2026-05-01 --against access.log
    """
    settings = load(config)
    if against is not None:
        logged = _logged(against)
        since, until = _span(logged, against)
        compared = asking(
            settings,
            lambda store: match(logged, _passed(store, since, until, application)),
        )
        return _tell_matching(compared, against, as_json=as_json)
    since, until = period(start, end)
    found = asking(settings, lambda store: balance(store, since, until))
    return _tell(found, since, until, as_json=as_json)


def _tell(found: Balance, since: datetime, until: datetime, *, as_json: bool) -> int:
    if as_json:
        plain = msgspec.to_builtins(found)
        plain |= {"from": since.isoformat(), "to": until.isoformat()}
        typer.echo(json.dumps(plain, indent=2))
    else:
        to = console()
        line(
            to,
            f"{found.connections} connections ended with {found.seen_bytes} bytes; "
            f"{found.exchanges} exchanges, {found.gaps} gaps; {found.rows} rows by "
            "number",
        )
        _print(found.differences, more=found.more)
    return ExitCode.FAILED if found.differences else ExitCode.OK


def _tell_matching(found: Matching, file: Path, *, as_json: bool) -> int:
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(found), indent=2))
    else:
        to = console()
        line(
            to,
            f"{found.lines} lines: {found.matched} were seen, {found.unseen_count} "
            f"were not, {found.unreadable_count} cannot be read; {found.unmatched} "
            "exchanges are in no line",
        )
        differences = [
            Difference(
                Kind.UNSEEN,
                f"{file.name}:{each.line}",
                f"{each.at:%F %T} UTC {each.method} {each.status} was never seen",
            )
            for each in found.unseen
        ]
        _print(differences, more=found.unseen_count > len(differences))
        if found.unreadable:
            numbers = ", ".join(map(str, found.unreadable[:_SHOWN]))
            line(to, f"  not an access log: line {numbers}")
    failed = found.unseen_count or found.unreadable_count
    return ExitCode.FAILED if failed else ExitCode.OK


def _print(differences: list[Difference], *, more: bool) -> None:
    to = console()
    if not differences:
        line(to, "It adds up: no difference.")
        return
    line(to, f"It does not add up: {len(differences)}{'+' if more else ''} differences")
    for each in differences[:_SHOWN]:
        line(to, f"  {each.kind.value}: {each.where}: {each.what}")
    if len(differences) > _SHOWN:
        line(to, f"  and {len(differences) - _SHOWN} more; --json names them")


def _logged(file: Path) -> list[Logged | Unreadable]:
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            found = list(islice(read(lines), MOST_LINES + 1))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from error
    if len(found) > MOST_LINES:
        raise UsageError(f"{file}: more than {MOST_LINES} lines: split it by time")
    return found


def _span(logged: list[Logged | Unreadable], file: Path) -> tuple[datetime, datetime]:
    times = [each.at for each in logged if isinstance(each, Logged)]
    if not times:
        raise UsageError(
            f"{file}: no line of it is common, combined or W3C extended log format"
        )
    margin = TOLERANCE + timedelta(minutes=10)
    return min(times) - margin, max(times) + margin


def _passed(
    store: ClickHouseStore, since: datetime, until: datetime, application: str
) -> Iterator[Passed]:
    rows = store.query(
        "SELECT started_at, ended_at, method, path, status FROM exchanges "
        "WHERE started_at >= parseDateTime64BestEffort({from:String}, 9, 'UTC') "
        "AND started_at < parseDateTime64BestEffort({to:String}, 9, 'UTC') "
        "AND ({application:String} = '' OR application = {application:String}) "
        "ORDER BY started_at",
        {
            "from": since.isoformat(),
            "to": until.isoformat(),
            "application": application,
        },
    ).rows
    for started_at, ended_at, method, path, status in rows:
        yield Passed(_utc(started_at), _utc(ended_at), method, path, status)


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
