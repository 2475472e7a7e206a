"""What a better rule finds in responses that were kept; pure.

The exchange stays as it was recorded. What is found becomes views of the account that
was recorded then, with the place of the exchange and ``rule`` saying that they were
found later, and by which rule. What was found of an exchange before is not found
again: a digest of each view says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import NamedTuple

from proxy.events import FOUND_LATER, ExchangeRecorded, ViewRecorded
from proxy.events.custody import SubjectSeen
from proxy.exchange.model import Exchange
from proxy.pseudonym import pseudonym
from proxy.recovery import LONGEST, Recovery, seen
from proxy.ruleset.model import RuleSet


class FoundLater(NamedTuple):
    """One view that a better rule found."""

    digest: str
    """Of what it says, 32 hex digits."""
    view: ViewRecorded
    seen: SubjectSeen | None = None
    """The id of its subject; None: ids are not recorded, or it is too long."""


def found_later(
    ruleset: RuleSet,
    exchange: Exchange,
    recorded: ExchangeRecorded,
    key: bytes,
    key_id: int,
    known: Collection[str] = (),
    recovery: Recovery | None = None,
) -> list[FoundLater]:
    """The views of a kept exchange under these rules.

    Args:
        ruleset: The better rules.
        exchange: As it was kept.
        recorded: What was recorded of it.
        key: The subject key in use, and its id.
        key_id: Its id.
        known: Digests of what was found before.
        recovery: What ids are encrypted with; None: they are not recorded.
    """
    reading = ruleset.read(exchange)
    found = []
    for each in reading.extracted.subjects:
        subject = pseudonym(key, each.type, each.id)
        view = ViewRecorded(
            application=recorded.application,
            wire=recorded.wire,
            connection=recorded.connection,
            request_offset=recorded.request_offset,
            started_ns=recorded.started_ns,
            client_address=recorded.client_address,
            actor=recorded.actor,
            subject_type=each.type,
            subject=subject,
            subject_key=key_id,
            action=each.action,
            rule=FOUND_LATER + (each.rule or reading.rule),
            categories=each.categories,
            position=each.position,
            ruleset=ruleset.hash,
            activity=ruleset.activity(each.rule or reading.rule),
            trace_id=recorded.trace_id,
        )
        digest = _digest(view, each.id, key)
        if digest not in known:
            found.append(FoundLater(digest, view, _seen(view, each.id, recovery)))
    return found


def _seen(
    view: ViewRecorded, identifier: str, recovery: Recovery | None
) -> SubjectSeen | None:
    if recovery is None or len(identifier) > LONGEST:
        return None
    return seen(
        recovery,
        view.application,
        view.started_ns,
        view.subject_type,
        identifier,
        view.subject,
        view.subject_key,
    )


def _digest(view: ViewRecorded, identifier: str, key: bytes) -> str:
    """The same whatever rule or version of it found the view."""
    place = f"{view.wire} {view.connection} {view.request_offset}"
    said = f"{place} {view.subject_type}\0{identifier}\0{view.action.value}"
    data = said.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=key, digest_size=16).hexdigest()
