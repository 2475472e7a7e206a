"""``who-saw`` and ``seen-by``: the questions, and what the answers cannot say.

An answer names *accounts* that were *shown* a record: whether a person read it
is more than a wire can know. Opened records come before listed ones. Every
answer ends with the gaps, the unread pages and the unattributed views of its
period: a reader must know what it rests on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer

from proxy.app.access import keys_of, store_client
from proxy.app.asked import check_reason
from proxy.asking.answering import SEEN_BY, WHO_SAW, prepare
from proxy.asking.client import Access
from proxy.asking.client import ask as ask_service
from proxy.asking.model import Ask, Views
from proxy.cli.identity import by_which_id, print_identity
from proxy.cli.inquiring import inquire
from proxy.cli.options import (
    DEFAULT_CONFIG,
    ConfigFile,
    Json,
    Service,
    ServiceCa,
    TokenFile,
    Why,
)
from proxy.cli.printing import console, line, table
from proxy.config import Config, load
from proxy.errors import ExitCode, UnavailableError, UsageError
from proxy.events import FOUND_LATER, AccountKind
from proxy.keys import secret
from proxy.store.client import ClickHouseStore
from proxy.store.crosswalk import Identity
from proxy.store.investigations import Answer, Caveats
from proxy.store.port import StoreRejected, StoreUnavailable
from proxy.store.seen import Seen

T = TypeVar("T")

From = Annotated[
    str | None,
    typer.Option(
        "--from", help="Start, e.g. 2026-01-31 or 2026-01-31T09:00 (30 days ago)."
    ),
]
To = Annotated[str | None, typer.Option("--to", help="End, not included (now).")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", help="Answer by the names and ids that were known before (now)."
    ),
]
Limit = Annotated[int, typer.Option(min=1, max=1_000_000, help="Most rows to print.")]
DEFAULT_PERIOD = timedelta(days=30)
FIRST_YEAR, LAST_YEAR = 1971, 2261
"""What a store's times to the nanosecond can hold, whatever the zone."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("who-saw")(who_saw_command)
    app.command("seen-by")(seen_by_command)


def who_saw_command(
    client: Annotated[str, typer.Argument(help="The client's id, as screens show it.")],
    config: ConfigFile = DEFAULT_CONFIG,
    start: From = None,
    end: To = None,
    subject_type: Annotated[
        str, typer.Option("--type", help="Subject type, as the rule set names it.")
    ] = "client",
    limit: Limit = 10_000,
    as_of: AsOf = None,
    *,
    reason: Why = "",
    service: Service = "",
    token_file: TokenFile = None,
    service_ca: ServiceCa = None,
    as_json: Json = False,
) -> int:
    """Which accounts were shown this client's record, by any of its ids."""
    since, until = period(start, end)
    wanted = Ask(
        question=WHO_SAW,
        reason=reason,
        start=since,
        end=until,
        clients=(client,),
        subject_type=subject_type,
        as_of=moment("--as-of", as_of) if as_of is not None else None,
        limit=limit,
    )
    found = put(wanted, Views, config, service, token_file, service_ca)
    answer, caveats = found.answer, found.caveats
    identity = found.identity or Identity(())
    if as_json:
        typer.echo(_json(answer, caveats, since, until, identity))
        return ExitCode.OK
    _print_views(
        answer,
        f"{subject_type} {client}",
        since,
        until,
        [
            ("account", _account),
            ("founded on", _founded),
            *by_which_id(identity),
        ],
    )
    print_identity(identity)
    _print_caveats(caveats)
    return ExitCode.OK


def seen_by_command(
    employee: Annotated[str, typer.Argument(help="The account's name.")],
    config: ConfigFile = DEFAULT_CONFIG,
    start: From = None,
    end: To = None,
    limit: Limit = 10_000,
    as_of: AsOf = None,
    *,
    reason: Why = "",
    service: Service = "",
    token_file: TokenFile = None,
    service_ca: ServiceCa = None,
    as_json: Json = False,
) -> int:
    """Which records this account was shown; subjects appear as pseudonyms."""
    since, until = period(start, end)
    wanted = Ask(
        question=SEEN_BY,
        reason=reason,
        start=since,
        end=until,
        employee=employee,
        as_of=moment("--as-of", as_of) if as_of is not None else None,
        limit=limit,
    )
    found = put(wanted, Views, config, service, token_file, service_ca)
    answer, caveats = found.answer, found.caveats
    if as_json:
        typer.echo(_json(answer, caveats, since, until))
        return ExitCode.OK
    _print_views(
        answer,
        f"account {employee}",
        since,
        until,
        [
            ("subject", lambda row: f"{row.subject_type} {row.subject}"),
            ("founded on", lambda row: _founded(row) + _kind(row)),
        ],
    )
    _print_caveats(caveats)
    return ExitCode.OK


def put(
    wanted: Ask,
    answer: type[T],
    config: Path,
    service: str,
    token_file: Path | None,
    service_ca: Path | None,
) -> T:
    """Ask the question service, or without one the config's store; recorded first.

    Raises:
        UsageError: a question that makes no sense, or what a service needs is missing.
        UnavailableError: service or store does not answer, or the inquiry cannot be
            recorded.
    """
    check_reason(wanted.reason)
    if service:
        if token_file is None:
            raise UsageError("--token-file is missing: who asks?")
        access = Access(url=service, token=secret(token_file), ca=service_ca)
        return ask_service(access, wanted, answer)
    settings = load(config)
    prepared = prepare(wanted, lambda: keys_of(settings))
    inquire(settings, prepared.asked)
    found = asking(settings, prepared.run)
    assert isinstance(found, answer)
    return found


def asking(config: Config, ask: Callable[[ClickHouseStore], T]) -> T:
    """Ask the config's store.

    Raises:
        UnavailableError: the store does not answer, or has no schema yet.
    """
    store = store_client(config)
    try:
        return ask(store)
    except StoreUnavailable as error:
        raise UnavailableError(
            f"the store at {config.store.url} does not answer: {error}"
        ) from error
    except StoreRejected as error:
        raise UnavailableError(
            f"the store at {config.store.url} refused the question: {error}; "
            "if its schema is not up to date, run: whosaw migrate"
        ) from error
    finally:
        store.close()


def period(start: str | None, end: str | None) -> tuple[datetime, datetime]:
    """The period asked for, with offsets; times without one are local.

    Raises:
        UsageError: not a time, or the end is not after the start.
    """
    until = moment("--to", end) if end is not None else datetime.now(UTC)
    since = moment("--from", start) if start is not None else until - DEFAULT_PERIOD
    if since >= until:
        raise UsageError(f"--from {since:%F %T} is not before --to {until:%F %T}")
    return since, until


def moment(option: str, text: str) -> datetime:
    """A time given as text; local without an offset.

    Raises:
        UsageError: not a time, or outside of what a store holds.
    """
    try:
        found = datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{option} {text}: expected a time such as 2026-01-31 or 2026-01-31T09:00"
        ) from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise UsageError(
            f"{option} {text}: expected a year from {FIRST_YEAR} to {LAST_YEAR}"
        )
    return found


def _action(row: Seen) -> str:
    later = row.rule.startswith(FOUND_LATER)
    return f"{row.action.value} ({row.rule})" if later else row.action.value


def _account(row: Seen) -> str:
    name = row.actor or row.learned_actor
    return f"{name}{_kind(row)}" if name else f"unknown ({row.reason})"


def _kind(row: Seen) -> str:
    """Told when it is not a person's account, as far as the alias file says."""
    plain = row.kind in (AccountKind.PERSON, AccountKind.UNKNOWN)
    return "" if plain else f" ({row.kind.value})"


def _founded(row: Seen) -> str:
    if row.learned_actor:
        return f"learned later: {row.learned_strength.value} ({row.learned_scheme})"
    return f"{row.strength.value} ({row.scheme})" if row.scheme else row.strength.value


def _print_views(
    answer: Answer,
    what: str,
    since: datetime,
    until: datetime,
    more: list[tuple[str, Callable[[Seen], str]]],
) -> None:
    to = console()
    opened = [row for row in answer.rows if row.opened]
    listed = [row for row in answer.rows if not row.opened]
    applications = {row.application for row in answer.rows}
    where = f" in {applications.pop()}" if len(applications) == 1 else ""
    line(
        to,
        f"{what}{where}, {since.astimezone():%F %R} to {until.astimezone():%F %R}: "
        f"shown {_times(len(opened))} opened, {_times(len(listed))} in a list, "
        "a search result or a menu",
    )
    columns = ("when", *(name for name, _ in more), "action", "categories")
    for title, rows in (("Opened", opened), ("Listed", listed)):
        if not rows:
            continue
        table(
            to,
            title,
            (*columns, "application", "from", "view"),
            [
                (
                    f"{row.started_at.astimezone():%F %T}",
                    *(show(row) for _, show in more),
                    _action(row),
                    ", ".join(row.categories),
                    "" if where else row.application,
                    row.client_address,
                    f"{row.node}:{row.epoch}:{row.seq}",
                )
                for row in rows
            ],
        )
    if not answer.complete:
        line(to, "There is more: narrow the period, or raise --limit.")
    line(to, "")


def _print_caveats(caveats: Caveats) -> None:
    to = console()
    if caveats.none:
        line(
            to,
            "Of this period nothing is missing: no gaps, no unread pages, no "
            "views without a name.",
        )
        return
    line(to, "What this answer cannot say about the period:")
    for gap in caveats.gaps:
        intent = "intended" if gap.intended else "not intended"
        line(
            to,
            f"  gap: {gap.application or 'all'} {gap.kind} "
            f"({gap.reason}, {intent}) "
            f"{gap.from_at.astimezone():%F %T} to {gap.to_at.astimezone():%T}, "
            f"{gap.connections} connections, {gap.up_bytes + gap.down_bytes} bytes",
        )
    for page in caveats.unmapped:
        line(
            to,
            f"  unread: {page.application} {page.path} {page.extraction.value} "
            f"({page.reason}), {_times(page.exchanges)} by {page.actors} accounts",
        )
    for views in caveats.unattributed:
        line(
            to,
            f"  without a name: {views.views} views of {views.subjects} subjects "
            f"in {views.application} ({views.reason})",
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _json(
    answer: Answer,
    caveats: Caveats,
    since: datetime,
    until: datetime,
    identity: Identity | None = None,
) -> str:
    plain: dict[str, Any] = {
        "from": since.isoformat(),
        "to": until.isoformat(),
        "complete": answer.complete,
        "views": msgspec.to_builtins(answer.rows),
        "gaps": msgspec.to_builtins(caveats.gaps),
        "unread": msgspec.to_builtins(caveats.unmapped),
        "unattributed": msgspec.to_builtins(caveats.unattributed),
    }
    if identity is not None:
        plain |= {
            "ids": msgspec.to_builtins(identity.identifiers),
            "ids_complete": identity.complete,
            "conflicts": msgspec.to_builtins(identity.conflicts),
        }
    return json.dumps(plain, indent=2)
