"""``retain`` and ``hold``: what is erased at the end of its time, and what is not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from proxy.app.access import keys_of, store_client
from proxy.app.account import account
from proxy.app.retaining import ANSWER_SECONDS
from proxy.asking.asked import Asked
from proxy.cli.ask import asking, moment
from proxy.cli.inquiring import inquire
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Why
from proxy.config import load
from proxy.errors import ExitCode, UnavailableError, UsageError
from proxy.pseudonym import pseudonym
from proxy.retention import holds
from proxy.retention.run import Outcome
from proxy.retention.run import retain as run
from proxy.store.client import ClickHouseStore
from proxy.store.crosswalk import Identifier, follow
from proxy.store.port import StoreRejected, StoreUnavailable

Reason = Annotated[str, typer.Option(help="Why, such as a case number.")]
By = Annotated[str, typer.Option(help="Who says so; else the user of this process.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(retain)
    holding = typer.Typer(help="Legal holds: rows that outlive their time.")
    holding.command("add")(add)
    holding.command("list")(show)
    holding.command("release")(release)
    app.add_typer(holding, name="hold")


def retain(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    node: Annotated[
        str, typer.Option(help="Only what this sidecar recorded; else all.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be erased.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Erase rows whose time is over and that nothing holds; count that none is left.

    Exit code 1 when rows are left, or kept because their seal does not verify.
    """
    settings = load(config)
    store = store_client(settings, answer_seconds=ANSWER_SECONDS)
    try:
        done = run(
            store,
            settings.store.retention,
            datetime.now(UTC),
            node=node or None,
            dry=dry_run,
        )
    except (StoreUnavailable, StoreRejected) as error:
        raise UnavailableError(
            f"the store at {settings.store.url}: {error}; run whosaw retain again"
        ) from error
    finally:
        store.close()
    if as_json:
        typer.echo(json.dumps(_plain(done), indent=2))
    else:
        _tell(done, "would be erased" if dry_run else "erased")
    return ExitCode.FAILED if done.left or done.doubtful else ExitCode.OK


def add(
    reason: Reason,
    start: Annotated[str, typer.Option("--from", help="Rows from then on.")],
    end: Annotated[str, typer.Option("--to", help="to then, not included.")],
    config: ConfigFile = DEFAULT_CONFIG,
    client: Annotated[
        str, typer.Option(help="A client's id, as screens show it.")
    ] = "",
    subject_type: Annotated[
        str, typer.Option("--type", help="Subject type, as the rule set names it.")
    ] = "client",
    employee: Annotated[str, typer.Option(help="An account's name.")] = "",
    by: By = "",
) -> int:
    """Hold a client's or an account's rows of a period; with both: of both.

    Example: whosaw hold add --client 4711 --from 2026-01-01 --to 2026-07-01
    --reason "case 7"
    """
    settings = load(config)
    since, until = moment("--from", start), moment("--to", end)
    if since >= until:
        raise UsageError("--to: the end of the period is not after its start")

    keys = keys_of(settings).subject.values() if client else ()
    asked = [pseudonym(key, subject_type, client) for key in keys]
    inquire(
        settings,
        Asked(
            question="hold add",
            reason=reason,
            subject_type=subject_type,
            subjects=tuple(each.hex() for each in asked),
            employee=employee,
            start=since,
            end=until,
        ),
    )

    def place(store: ClickHouseStore) -> holds.Hold:
        return holds.place(
            store,
            subjects=_followed(store, subject_type, asked),
            employee=employee,
            from_at=since,
            to_at=until,
            said_by=by or account(),
            reason=reason,
            now=datetime.now(UTC),
        )

    typer.echo(f"hold {asking(settings, place).id} is in force")
    return ExitCode.OK


def show(
    config: ConfigFile = DEFAULT_CONFIG, *, reason: Why = "", as_json: Json = False
) -> int:
    """Holds that are in force."""
    settings = load(config)
    inquire(settings, Asked(question="hold list", reason=reason))
    found = asking(settings, holds.in_force)
    if as_json:
        typer.echo(json.dumps([_hold(each) for each in found], indent=2))
        return ExitCode.OK
    for each in found:
        about = f"{len(each.subjects)} pseudonyms" if each.subjects else ""
        about = " and ".join(filter(None, (about, each.employee and "an account")))
        typer.echo(
            f"{each.id}  {each.from_at:%F} to {each.to_at:%F}  {about}  "
            f"placed {each.at:%F %T}Z by {_plain_text(each.said_by)}: "
            f"{_plain_text(each.reason)}"
        )
    if not found:
        typer.echo("no hold is in force")
    return ExitCode.OK


def release(
    hold: Annotated[str, typer.Argument(help="Id of the hold.")],
    reason: Reason,
    config: ConfigFile = DEFAULT_CONFIG,
    by: By = "",
) -> int:
    """Release a hold; rows that are due go with the next whosaw retain."""
    settings = load(config)
    about = f"hold {hold}"
    inquire(settings, Asked(question="hold release", reason=reason, about=about))

    def end(store: ClickHouseStore) -> holds.Hold:
        return holds.release(
            store, hold, said_by=by or account(), reason=reason, now=datetime.now(UTC)
        )

    released = asking(settings, end)
    typer.echo(f"hold {released.id} is released")
    return ExitCode.OK


def _followed(
    store: ClickHouseStore, subject_type: str, subjects: Sequence[bytes]
) -> Sequence[bytes]:
    """By every id that pairs lead to."""
    if not subjects:
        return ()
    asked = [Identifier(type=subject_type, pseudonym=each.hex()) for each in subjects]
    known = follow(store, asked).identifiers
    return [bytes.fromhex(each.pseudonym) for each in known]


def _tell(done: Outcome, word: str) -> None:
    for each in done.erased:
        held = f", {each.held} held" if each.held else ""
        of = f" of {each.node}:{each.epoch}" if each.node else ""
        typer.echo(
            f"{each.table}{of} before "
            f"{each.due_before:%F}: {each.rows} rows {word}{held}"
        )
    typer.echo(f"{done.rows} rows {word}; {done.holds} holds in force")
    if done.waiting:
        typer.echo(f"{done.waiting} rows are old enough and no old seal covers them")
    for name in done.doubtful:
        typer.echo(f"{name} does not verify: its rows were kept; run whosaw verify")
    if done.left:
        typer.echo(f"{done.left} rows are THERE after they were erased")


def _plain(done: Outcome) -> dict[str, Any]:
    return {
        "run": done.run,
        "rows": done.rows,
        "holds": done.holds,
        "left": done.left,
        "waiting": done.waiting,
        "doubtful": done.doubtful,
        "erased": [
            {
                "table": each.table,
                "node": each.node,
                "epoch": each.epoch,
                "rows": each.rows,
                "held": each.held,
                "first": each.first,
                "last": each.last,
                "due_before": each.due_before.isoformat(),
            }
            for each in done.erased
        ],
    }


def _hold(each: holds.Hold) -> dict[str, Any]:
    return {
        "hold": each.id,
        "placed_at": each.at.isoformat(),
        "placed_by": each.said_by,
        "reason": each.reason,
        "subjects": [subject.hex() for subject in each.subjects],
        "employee": each.employee,
        "from": each.from_at.isoformat(),
        "to": each.to_at.isoformat(),
    }


def _plain_text(text: str) -> str:
    """For a terminal: control characters as escapes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
