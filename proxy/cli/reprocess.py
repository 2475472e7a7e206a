"""``whosaw reprocess``: what a better rule finds in responses that were kept."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from proxy.app.access import keys_of
from proxy.app.rulesets import load_all, load_file
from proxy.capture.keys import load as load_key
from proxy.cli.options import DEFAULT_CONFIG, ConfigFile
from proxy.cli.recordings import KEY
from proxy.config import Config, load
from proxy.deposit import EVENTS, deposit
from proxy.errors import ExitCode, UsageError
from proxy.ownership import as_owner_of
from proxy.quarantine import items
from proxy.reprocessing import FoundLater, found_later
from proxy.ruleset import RuleSet

FOUND = "found-later"
"""File in the quarantine: digests of what was found, one a line."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reprocess)


def reprocess(
    key: Annotated[
        Path,
        typer.Option(envvar=KEY, help="Private key the quarantine is opened with."),
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    rule: Annotated[
        Path | None,
        typer.Option(help="A rule file to try instead of its application's own."),
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be recorded.")
    ] = False,
) -> int:
    """Record what a better rule finds in responses that no rule read.

    Rows are appended, marked as found later, once each however often this is run.
    Example: whosaw reprocess --key capture-key --rule new-rules.yaml --dry-run
    """
    settings = load(config)
    private = load_key(key)
    rulesets = load_all(settings)
    if rule is not None:
        better = load_file(rule)
        if not isinstance(better, RuleSet):
            raise UsageError(str(better))
        rulesets[better.application] = better
    directory = settings.quarantine_directory
    if not directory.is_dir():
        raise UsageError(f"{directory}: there is no quarantine; see docs/captures.md")
    told: Counter[str] = Counter()
    waiting: list[FoundLater] = []
    known = _known(directory)
    keys = keys_of(settings)
    for _, item in items(directory, private, time.time_ns()):
        told["kept"] += 1
        ruleset = None if item is None else rulesets.get(item.recorded.application)
        if item is None or ruleset is None:
            told["unread"] += 1
            continue
        found = found_later(
            ruleset,
            item.exchange,
            item.recorded,
            keys.subject_key,
            keys.subject_key_id,
            known,
            keys.recovering,
        )
        told["read"] += bool(found)
        told["views"] += len(found)
        waiting += found
        known |= {each.digest for each in found}
        if len(waiting) >= EVENTS and not dry_run:
            _record(settings, waiting)
            waiting = []
    if waiting and not dry_run:
        _record(settings, waiting)
    typer.echo(
        f"{told['kept']} kept responses: {told['views']} views found later in "
        f"{told['read']}" + (", nothing was recorded" if dry_run else "")
    )
    if told["unread"]:
        typer.echo(f"{told['unread']} of another application, or torn")
    return ExitCode.OK


def _record(config: Config, found: list[FoundLater]) -> None:
    """On disk first, then known: run again after a crash in between, some of these
    may be recorded twice."""
    seen = [each.seen for each in found if each.seen is not None]
    deposit(config.tap_socket, [*(each.view for each in found), *seen])
    directory = config.quarantine_directory
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    with as_owner_of(directory):
        descriptor = os.open(directory / FOUND, flags, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(f"{each.digest}\n" for each in found)
        file.flush()
        os.fsync(file.fileno())


def _known(directory: Path) -> set[str]:
    try:
        return set((directory / FOUND).read_text(encoding="ascii").split())
    except FileNotFoundError:
        return set()
