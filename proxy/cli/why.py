"""``whosaw why VIEW``: the chain behind one name, or behind its absence.

``VIEW`` is ``NODE:EPOCH:SEQ``, as ``who-saw`` and ``seen-by`` print it.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import msgspec
import typer

from proxy.asking.asked import Asked
from proxy.cli.ask import asking
from proxy.cli.inquiring import inquire
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Why
from proxy.cli.printing import console, line, table
from proxy.config import load
from proxy.errors import ExitCode, UsageError
from proxy.store.chains import Chain, chain, reference
from proxy.store.client import ClickHouseStore

_MEANING = {
    "verified": "cryptographic proof was checked here",
    "confirmed": "the application accepted the credentials that were seen",
    "asserted": "a listed peer said so",
    "inferred": "read from an element of the page",
    "none": "no name",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("why")(why)


def why(
    view: Annotated[str, typer.Argument(help="NODE:EPOCH:SEQ of a view.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    reason: Why = "",
    as_json: Json = False,
) -> int:
    """Tell what the name of one view rests on; exit code 1 without such a view."""
    try:
        wanted = reference(view)
    except ValueError as error:
        raise UsageError(f"{view}: {error}") from error
    settings = load(config)
    about = f"view {wanted.node}:{wanted.epoch}:{wanted.seq}"
    inquire(settings, Asked(question="why", reason=reason, about=about))

    def ask(store: ClickHouseStore) -> Chain | None:
        return chain(store, wanted)

    found = asking(settings, ask)
    if found is None:
        typer.echo(f"There is no view {view} in the store.", err=True)
        return ExitCode.FAILED
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(found), indent=2))
    else:
        _print(found, view)
    return ExitCode.OK


def _print(found: Chain, name: str) -> None:
    to = console()
    view = found.view
    who = f"account {view.actor}" if view.actor else f"nobody known ({view.reason})"
    line(to, f"View {name}: {view.action} by {who}, {_when(view.started_at)}")
    facts = [
        ("application", view.application),
        ("rule", f"{view.rule} (rule set {view.ruleset})"),
        ("from", view.client_address),
        ("on the wire", view.on_wire),
        ("scheme", view.scheme),
        ("strength", f"{view.strength}: {_MEANING.get(view.strength, '')}"),
        ("binding", view.binding),
        ("session", view.session),
        ("recorded by", name.partition(":")[0]),
    ]
    if found.learned is not None:
        late = found.learned
        facts.append(
            (
                "learned later",
                (
                    f"account {late.actor}, {late.strength} ({late.scheme}), from an "
                    f"exchange of the same session on {_when(late.at)}, about "
                    f"{late.exchanges} exchanges, recorded by {late.node}"
                ),
            )
        )
    if found.confirmed is not None:
        that = found.confirmed
        facts.append(
            (
                "rests on",
                (
                    f"{that.method} {that.path}, answered {that.status}, "
                    f"{_when(that.started_at)}, from {that.client_address}, "
                    f"recorded by {that.node}"
                ),
            )
        )
    table(to, "", ("", " "), [(name, text) for name, text in facts if text])
    if found.events:
        title = "What happened to the binding"
        if not view.binding and found.learned is None:
            title = "What was seen to happen to the session"
        columns = (
            "when",
            "what",
            "account",
            "why",
            "session",
            "before",
            "from",
            "node",
        )
        rows = [
            (
                _when(event.at),
                event.kind.replace("_", " "),
                event.actor,
                event.reason,
                event.session[:12],
                event.previous[:12],
                event.client_address,
                event.node,
            )
            for event in found.events
        ]
        table(to, title, columns, rows)
    elif view.actor and found.confirmed is not None:
        line(to, "The credentials came with the request itself.")


def _when(moment: datetime) -> str:
    return f"{moment.astimezone():%F %T}"
