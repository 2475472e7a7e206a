"""What is recorded: the store, and the rule sets against the traffic that passes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing

from proxy import status
from proxy.app.access import store_client
from proxy.app.rulesets import load_all
from proxy.config import Config
from proxy.doctor.finding import Finding, Grade
from proxy.errors import UsageError
from proxy.events import Extraction, Strength
from proxy.store.port import StoreRejected, StoreUnavailable

FEW = 200
"""Exchanges below which a share says nothing."""
UNREAD_SHARE = 0.02
NAMELESS_SHARE = 0.05


def store(config: Config) -> Iterator[Finding]:
    """Reachable, and of this program's schema."""
    about = config.store.url
    try:
        with closing(store_client(config)) as client:
            missing = client.missing_migrations()
    except (StoreUnavailable, StoreRejected, UsageError) as error:
        if config.store.embedded and not status.read(config.status_directory):
            yield Finding("store", about, Grade.NOTE, "is started by whosaw run")
            return
        do = "evidence waits in the journal meanwhile; start it, or correct the access"
        yield Finding("store", about, Grade.BAD, str(error), do)
        return
    if missing:
        said = f"{len(missing)} migrations are missing, first {missing[0]}"
        yield Finding("store", about, Grade.BAD, said, "whosaw migrate")
    else:
        yield Finding("store", about, Grade.GOOD, "answers, its schema is up to date")


def rules(config: Config) -> Iterator[Finding]:
    """The files, and what the recorder saw since it started."""
    try:
        found = load_all(config)
    except UsageError as error:
        yield Finding("rules", "", Grade.REFUSED, str(error), "whosaw rules check")
        return
    reports = status.read(config.status_directory)
    recorder = reports.get("recorder")
    if recorder is None or not status.alive(recorder, time.time()):
        for name in found:
            said = "can be read; no recorder runs, so nothing is known of traffic"
            yield Finding("rules", name, Grade.NOTE, said)
        return
    counted = list(recorder.figures.get("exchanges_by", ()))
    for name in found:
        yield coverage(name, [row[1:] for row in counted if row[0] == name])


def coverage(name: str, counted: Sequence[tuple[str, str, int]]) -> Finding:
    """How much of the traffic the rule set reads and names.

    Args:
        name: the application.
        counted: (extraction, strength, exchanges), as the recorder reports.
    """
    read: Counter[str] = Counter()
    strengths: Counter[str] = Counter()
    for extraction, strength, number in counted:
        read[extraction] += number
        if extraction in {Extraction.RECORDED.value, Extraction.PARTIAL.value}:
            strengths[strength] += number
    total, shown = read.total(), strengths.total()
    if total < FEW:
        said = f"{total} exchanges since the recorder started: too few to judge"
        return Finding("coverage", name, Grade.NOTE, said)
    unread = sum(
        read[each.value]
        for each in (Extraction.UNMAPPED, Extraction.FAILED, Extraction.PARTIAL)
    )
    nameless = strengths[Strength.NONE.value]
    said = (
        f"{total:,} exchanges: {unread / total:.1%} not read, "
        f"{nameless / max(shown, 1):.1%} of {shown:,} pages with records without a name"
    )
    if unread <= total * UNREAD_SHARE and nameless <= shown * NAMELESS_SHARE:
        return Finding("coverage", name, Grade.GOOD, said)
    do = "whosaw status lists the pages; whosaw rules explain a capture of them"
    return Finding("coverage", name, Grade.BAD, said, do)
