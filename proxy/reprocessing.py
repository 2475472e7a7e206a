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

import msgspec

from proxy.events import FOUND_LATER, ExchangeRecorded, ViewRecorded
from proxy.events.custody import SubjectSeen
from proxy.exchange.model import Exchange
from proxy.recovery import LONGEST, Recovery, seen
from proxy.ruleset.model import RuleSet
from proxy.views import ViewMaker


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
    make = ViewMaker(
        exchange=msgspec.structs.replace(recorded, ruleset=ruleset.hash),
        rule=reading.rule,
        key=key,
        key_id=key_id,
    )
    found = []
    for each in reading.extracted.subjects:
        view = make.view(each)
        view = msgspec.structs.replace(
            view,
            rule=FOUND_LATER + view.rule,
            activity=ruleset.activity(each.rule or reading.rule),
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
