"""The words of events: what a field may say, each with its meaning.

Stored by value: a word is never changed, and a new one needs a store that knows it.
"""

from __future__ import annotations

from enum import Enum


class Strength(Enum):
    """How well the name is founded, strongest first."""

    VERIFIED = "verified"
    """Cryptographic proof was checked here."""
    CONFIRMED = "confirmed"
    """The application accepted the credentials that were seen."""
    ASSERTED = "asserted"
    """A listed peer said so."""
    INFERRED = "inferred"
    """Read from an element of the page."""
    NONE = "none"


class AccountKind(Enum):
    """Whose an account is, as the alias file says."""

    PERSON = "person"
    ROBOT = "robot"
    """A program: an interface, a scheduled export."""
    SHARED = "shared"
    """Several people know its password."""
    UNKNOWN = "unknown"
    """Nobody said; most accounts of an application without an alias file."""


class Extraction(Enum):
    """What became of the question *which records did this exchange show?*"""

    RECORDED = "recorded"
    PARTIAL = "partial"
    """Some records were read, some could not be."""
    NOTHING_EXPECTED = "nothing_expected"
    """Ignored by the rule set, or a response that carries no content."""
    UNMAPPED = "unmapped"
    """No rule claims it, and it may hold personal data."""
    FAILED = "failed"
    """A rule claims it and found nothing where it must find something."""
    TRUNCATED = "truncated"
    """Above the body cap: what was there was read, the rest was not."""
    OPAQUE = "opaque"
    """Not readable as HTTP."""


class Action(Enum):
    """What was done with the record; the verb of a view."""

    VIEW = "view"
    LIST = "list"
    SEARCH = "search"
    EXPORT = "export"
    PRINT = "print"
    MENTION = "mention"
    """The page named the client (a menu of recent ones), no more."""
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class GapKind(Enum):
    """Why something was not recorded."""

    SHED = "shed"
    """The recorder lagged and the bound on the backlog was reached."""
    RECORDER_ABSENT = "recorder_absent"
    WIRE_LOST = "wire_lost"
    """A wire ended without a goodbye; what it had not sent is unknown."""
    OPAQUE_PROTOCOL = "opaque_protocol"
    """An upgrade or CONNECT: not HTTP by agreement of both sides."""
    UNPARSEABLE = "unparseable"
    """Framing that can be read in two ways, or not at all."""
    OBSERVER_FAILED = "observer_failed"
    """A fault of our own; the bytes went through."""
    MALFORMED_FRAME = "malformed_frame"
    """The tap stream itself was wrong."""
    DISK_FULL = "disk_full"
    UNCLEAN_STOP = "unclean_stop"
    """The recorder stopped without closing its journal."""
    CAPTURE_OFF = "capture_off"
    """Switched off by an operator."""
    GATE_OPENED = "gate_opened"
    """Held pages were shown before their records were on disk; what of them was
    not recorded at all is a gap of its own."""
    GATE_CLOSED = "gate_closed"
    """Connections were ended because their pages could not be recorded."""
    TRUNCATED = "truncated"
    """The rest of a held response that was too large: its beginning was read."""


class SessionKind(Enum):
    """What happened to a session."""

    LOGGED_IN = "logged_in"
    LOGIN_FAILED = "login_failed"
    ROTATED = "rotated"
    """The key changed, the login went on; ``previous`` is the old key."""
    LOGGED_OUT = "logged_out"
    ENDED = "ended"
    """By expiry, a login page in answer, or another login with the same key."""
    CONFIRMED = "confirmed"
    """``confirm_user`` found the name on a page of an unknown session."""
    CONFLICT = "conflict"
    """A page named another user than the one bound."""
    FORGED = "forged"
    """Somebody who may not say so said who he was (a header that only a listed
    peer may send): ``actor.on_wire`` is what was said, and it counts for nothing."""
