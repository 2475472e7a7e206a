"""Shadow: what is recorded before anybody may be recorded.

An organisation that rolls out first wants to know whether the rules read its
applications (which pages, which share of exchanges has a name, what is unmapped),
and may not process persons for that. So of each event only what tells about pages,
bytes and gaps is left: no account, no address of a client, no session, no subject,
no term that was searched for. Pure.
"""

from __future__ import annotations

from typing import Final

import msgspec

from proxy.events import (
    Actor,
    ConnectionEnded,
    Event,
    ExchangeRecorded,
    GapRecorded,
    HeartbeatRecorded,
)
from proxy.events.custody import CaptureMade

_replace: Final = msgspec.structs.replace


def without_persons(event: Event) -> Event | None:
    """What is left of an event; None when it tells about persons only."""
    match event:
        case ExchangeRecorded():
            actor = event.actor
            return _replace(
                event,
                client_address="",
                actor=Actor(
                    scheme=actor.scheme,
                    strength=actor.strength,
                    reason=actor.reason,
                    kind=actor.kind,
                ),
                context=(),
                # They lead to what another application logged of the same action.
                trace_id="",
                parent_span="",
                processor="",
            )
        case GapRecorded() | ConnectionEnded():
            return _replace(event, client_address="")
        case HeartbeatRecorded() | CaptureMade():
            # Of the recorder itself, and of who took a capture: an operator, who is
            # told that it is recorded.
            return event
        case _:
            return None
