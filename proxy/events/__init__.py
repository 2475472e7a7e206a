"""The evidence, as values: what the pipeline decides and the journal keeps.

An event is a fact in the past tense. It is encoded as a msgpack array with a
short tag (msgspec, ``array_like``), so fields are only ever *appended*, with a
default: an old journal stays readable, and a reader of version N-1 ignores
what it does not know. Node, epoch and sequence are not in here: the journal
gives them at commit.

No event holds a password, cookie, token or an unkeyed session value; subjects
are keyed pseudonyms unless the rule set says otherwise.
"""

from __future__ import annotations

import msgspec

from proxy.events.custody import CaptureMade, InquiryRecorded, SubjectSeen
from proxy.events.words import AccountKind as AccountKind
from proxy.events.words import Action as Action
from proxy.events.words import Extraction as Extraction
from proxy.events.words import GapKind as GapKind
from proxy.events.words import SessionKind as SessionKind
from proxy.events.words import Strength as Strength

FORMAT = 1
"""Version of the encoding; stands in the journal's meta table."""


FOUND_LATER = "found later by rule "
"""How ``ViewRecorded.rule`` begins when a better rule found it in a kept response; no
name of a rule has a blank."""


class Actor(msgspec.Struct, frozen=True, array_like=True):
    """Who, as far as it is known, and what that rests on."""

    name: str = ""
    """Canonical name; empty when not known."""
    on_wire: str = ""
    """The name as it was on the wire."""
    scheme: str = ""
    """form, basic, ...; the rule set's login that applied."""
    strength: Strength = Strength.NONE
    reason: str = ""
    """Why there is no name: unknown_session, no_session, before_login,
    logged_out, login_failed, expired, ambiguous, ..."""
    binding: str = ""
    """Id of the binding it rests on: ``wire-connection-offset``, hex."""
    session: str = ""
    """Keyed digest of the session key, hex; empty without a session."""
    kind: AccountKind = AccountKind.UNKNOWN


class ContextTerm(msgspec.Struct, frozen=True, array_like=True):
    """What somebody searched for, or anything else a rule calls ``context``."""

    name: str
    """As the rule set calls it."""
    value: str
    """In one spelling (no case, single blanks); unless ``key`` is 0 the keyed hash
    of that, hex: ``pseudonym(key, "context NAME", value)``."""
    key: int
    """Id of the subject key; 0: the value is kept as it is."""


class ExchangeRecorded(msgspec.Struct, frozen=True, array_like=True, tag="x"):
    """One per exchange, always. Times are ns since the epoch unless named."""

    application: str
    wire: int
    connection: int
    request_offset: int
    started_ns: int
    """First request byte."""
    ended_ns: int
    """Last response byte (last byte seen, when cut)."""
    monotonic_ns: int
    """First request byte on CLOCK_MONOTONIC: orders exchanges of one host."""
    method: str
    path: str
    """Path template with session keys removed; of an unmapped request the path
    with every segment that has a digit replaced by ``{}``."""
    rule: str
    """Name of the record rule that claimed it, or empty."""
    status: int
    """0 when no response came."""
    request_bytes: int
    response_bytes: int
    content_type: str
    client_address: str
    actor: Actor
    extraction: Extraction
    extraction_reason: str
    views: int
    ruleset: str
    """First 16 hex digits of the rule set's SHA-256."""
    context: tuple[ContextTerm, ...] = ()
    """In the order of the rule."""
    activity: str = ""
    """URL of the processing activity in the organisation's register, as the rule set
    said then; empty when it said none."""
    trace_id: str = ""
    """W3C trace the request was part of, 32 hex digits, when a listed peer said so;
    empty: none, and the exchange is a trace of its own."""
    parent_span: str = ""
    """Span of that peer which asked, 16 hex digits; empty without ``trace_id``."""
    processor: str = ""
    """URL by which the rule set knows that peer; empty without ``trace_id``."""


class ViewRecorded(msgspec.Struct, frozen=True, array_like=True, tag="v"):
    """One subject shown in one exchange."""

    application: str
    wire: int
    connection: int
    request_offset: int
    started_ns: int
    client_address: str
    actor: Actor
    subject_type: str
    subject: bytes
    """16 bytes: keyed BLAKE2b, see ``proxy.pseudonym``."""
    subject_key: int
    """Id of the key, so that keys can rotate."""
    action: Action
    rule: str
    categories: tuple[str, ...]
    """Data categories that were really on the page."""
    position: int
    """0-based place in a list; 0 for a page about one subject."""
    ruleset: str
    activity: str = ""
    """As of its exchange, by the rule that found it."""
    trace_id: str = ""
    """As of its exchange."""


class SessionChanged(msgspec.Struct, frozen=True, array_like=True, tag="s"):
    """A login, logout or anything else that changes who a session key is."""

    application: str
    wire: int
    connection: int
    request_offset: int
    at_ns: int
    """When it took effect: the last byte of the response that confirmed it."""
    monotonic_ns: int
    kind: SessionKind
    actor: Actor
    previous: str
    """Keyed digest of the key before, hex, or empty."""
    client_address: str
    reason: str


class GapRecorded(msgspec.Struct, frozen=True, array_like=True, tag="g"):
    """Bytes that passed and were not read, or a time nobody was recording."""

    application: str
    wire: int
    connection: int
    """0 when it is about more than one."""
    kind: GapKind
    reason: str
    intended: bool
    from_ns: int
    to_ns: int
    connections: int
    up_bytes: int
    down_bytes: int
    client_address: str


class AttributionLearned(msgspec.Struct, frozen=True, array_like=True, tag="l"):
    """Exchanges of a session got, or lost, their name after they were recorded.

    About the exchanges of this application and node whose ``actor.session`` is the
    same and that began in the period: they stay as they were recorded. With a name:
    those whose reason is ``unknown_session`` have it; no login, logout or other
    peer was seen with that session key in the period. Without one: whatever name
    was recorded, or learned, cannot be relied on (``contested``).
    """

    application: str
    wire: int
    connection: int
    request_offset: int
    """With the two before it, the exchange that told the name."""
    at_ns: int
    """First byte of that exchange."""
    from_ns: int
    to_ns: int
    """The period, the end not included."""
    exchanges: int
    """How many were counted in it."""
    client_address: str
    actor: Actor
    """The name with its strength, and the binding it rests on."""
    about: str = ""
    """Node whose exchanges these are; empty: the one that recorded this."""


class ConnectionEnded(msgspec.Struct, frozen=True, array_like=True, tag="c"):
    """A connection is over: what passed of it, by the wire's own count.

    The other side of the account: the bytes of its exchanges and gaps must add up
    to these. At least once per connection; the same again when the recorder was
    killed just after it.
    """

    application: str
    wire: int
    connection: int
    opened_ns: int
    ended_ns: int
    up_bytes: int
    """From the browser."""
    down_bytes: int
    """To the browser."""
    told: bool
    """The wire gave these totals; otherwise it was gone, and they are what arrived
    of it."""
    client_address: str


class HeartbeatRecorded(msgspec.Struct, frozen=True, array_like=True, tag="h"):
    """The recorder of this node was at work. A silence between two of them is a
    time about which nothing is known."""

    at_ns: int
    wires: int
    """Connected to it."""
    connections: int
    """Open."""
    exchanges: int
    """Recorded since it started."""


class IdentifiersPaired(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    """Two ids are of one client, by what a page or a file says.

    A page says so where a rule has ``same_as``; an exchange that pairs what this
    recorder has recorded before adds none. Nothing is merged by it: questions follow
    pairs, and leave out those that contradict another.
    """

    application: str
    """Empty when a file said so."""
    wire: int
    connection: int
    request_offset: int
    """With the two before it, the exchange whose page said so; 0, 0, 0 of a file."""
    at_ns: int
    """First byte of that exchange; of a file when it was loaded."""
    one_type: str
    one: bytes
    """Pseudonym, 16 bytes; both of the pair are keyed alike."""
    other_type: str
    other: bytes
    key: int
    """Id of the subject key."""
    source: str
    """``rule NAME`` or ``file NAME DIGEST``, the first 16 hex digits of its SHA-256."""
    ruleset: str
    """Empty when a file said so."""


Event = (
    ExchangeRecorded
    | ViewRecorded
    | SessionChanged
    | GapRecorded
    | AttributionLearned
    | ConnectionEnded
    | HeartbeatRecorded
    | IdentifiersPaired
    | CaptureMade
    | SubjectSeen
    | InquiryRecorded
)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Event] = msgspec.msgpack.Decoder(Event)


def encode(event: Event) -> bytes:
    """Canonical bytes of an event; ``decode`` gives an equal one back."""
    return _encoder.encode(event)


def decode(body: bytes) -> Event:
    """The event of these bytes.

    Raises:
        msgspec.DecodeError, msgspec.ValidationError: not bytes of ``encode``.
    """
    return _decoder.decode(body)
