"""A rule that used to find records and finds none any more has drifted: a changed
screen, not a quiet day.

Every rule is watched in each *place* it looks at, one per type and action of its
subjects (mentions only where there is nothing else). A page on which such a place is
empty while it has drifted is ``failed`` with reason ``drift``, or ``partial`` when
the page showed something else. When, and how surely: ``emptiness``.

Counted as empty: a list without rows, a page on which an optional subject is not,
one that ``shown_when`` or ``skip_redirects`` says shows nothing. Not counted is what
says so itself: failures, faults, other statuses, a 304. Of one session at most two
empty pages in a row count: what one person looks for in vain is no changed screen.

Bounded: ``MOST_PLACES``. Kept between runs: ``changes`` gives what is to be written,
at most 31 pages late, ``load`` takes it back. Another version of the rule set ends
what was drifting, since somebody may have mended it; the past stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from proxy.events import Action, Extraction
from proxy.extraction.emptiness import Emptiness
from proxy.extraction.model import Extracted, Reading, RecordRule

MOST_PLACES = 1_000
"""Per application; a large rule set has 100."""
MOST_OF_ONE = 2
"""Empty pages in a row of one session that count."""
_SAVED_EVERY = 32
_VERSION = 1
PREFIX = b"drift:"
"""Of the keys under which it is kept, beside those of sessions."""
_HIDDEN = frozenset({"not_shown", "redirect"})

Group = tuple[str, str]
"""Subject type and action."""


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    version: int
    application: str
    rule: str
    group: Group
    ruleset: str
    pages: int
    empty: int
    recent: int
    held: int
    run: int
    drifted: bool


@dataclass(slots=True)
class _Place:
    emptiness: Emptiness = field(default_factory=Emptiness)
    who: str = ""
    """Session of the latest page."""
    in_vain: int = 0
    """Its empty pages in a row."""
    unsaved: int = 0


class Drift:
    """The places of one application's rules."""

    def __init__(
        self,
        application: str,
        ruleset: str,
        rules: Iterable[RecordRule],
        most: int = MOST_PLACES,
    ) -> None:
        """Nothing is known yet; ``ruleset`` is the hash of the version in force."""
        self.untracked = 0
        """Pages not counted, because there are too many places."""
        self.unreadable = 0
        """What was kept in a form this release does not know."""
        self._application = application
        self._ruleset = ruleset
        self._most = most
        self._watched = _watched(rules)
        self._places: dict[tuple[str, Group], _Place] = {}
        self._changed: dict[tuple[str, Group], None] = {}

    def judged(self, reading: Reading, who: str) -> Reading:
        """A page as it is with what is known of pages before it.

        Args:
            reading: What was found on it.
            who: Session, account or address: whatever tells people apart.
        """
        watched = self._watched.get(reading.rule)
        if watched is None:
            return reading
        answer = reading.extracted
        found: set[Group] = set()
        for subject in answer.subjects:
            if subject.rule in ("", reading.rule):
                found.add((subject.type, subject.action.value))
                if len(found) >= len(watched) and found.issuperset(watched):
                    break
        if _says_so(answer):
            watched = tuple(group for group in watched if group in found)
        missing = False
        for group in watched:
            empty = group not in found
            drifted = self._see((reading.rule, group), who, empty=empty)
            missing = missing or (empty and drifted)
        if not missing:
            return reading
        status = Extraction.PARTIAL if answer.subjects else Extraction.FAILED
        return reading._replace(
            extracted=answer._replace(status=status, reason="drift")
        )

    def drifting(self) -> dict[str, int]:
        """Rules that find none any more → empty pages in a row."""
        found: dict[str, int] = {}
        for (rule, _), place in self._places.items():
            if place.emptiness.drifted:
                found[rule] = max(found.get(rule, 0), place.emptiness.run)
        return found

    def follow(self, ruleset: str, rules: Iterable[RecordRule]) -> None:
        """Another version of the rules is in force."""
        if ruleset == self._ruleset:
            return
        self._ruleset = ruleset
        self._watched = _watched(rules)
        for key in list(self._places):
            self._changed[key] = None
            if key[0] in self._watched:
                self._places[key].emptiness.begin_again()
            else:
                del self._places[key]

    def changes(self) -> list[tuple[bytes, bytes | None]]:
        """What is to be kept, by key; None: no longer."""
        if not self._changed:
            return []
        found = [(self._key(key), self._blob(key)) for key in self._changed]
        self._changed = {}
        return found

    def load(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Take over what was kept of this application, among all that was kept."""
        for name, blob in items:
            if not name.startswith(PREFIX):
                continue
            try:
                stored = msgspec.msgpack.decode(blob, type=_Stored)
            except msgspec.DecodeError:
                self.unreadable += 1
                continue
            if stored.version != _VERSION or stored.application != self._application:
                continue
            key = (stored.rule, stored.group)
            if stored.rule not in self._watched or len(self._places) >= self._most:
                self._changed[key] = None
                continue
            emptiness = Emptiness(
                stored.pages,
                stored.empty,
                stored.recent,
                stored.held,
                stored.run,
                stored.drifted,
            )
            if stored.ruleset != self._ruleset:
                emptiness.begin_again()
            self._places[key] = _Place(emptiness)

    def _see(self, key: tuple[str, Group], who: str, *, empty: bool) -> bool:
        place = self._places.get(key)
        if place is None:
            if len(self._places) >= self._most:
                self.untracked += 1
                return False
            place = self._places[key] = _Place()
        same = place.who == who
        place.who = who
        place.in_vain = (place.in_vain + 1 if same else 1) if empty else 0
        emptiness = place.emptiness
        if place.in_vain > MOST_OF_ONE:
            return emptiness.drifted
        before = emptiness.drifted
        after = emptiness.see(empty=empty)
        place.unsaved += 1
        if before != after or place.unsaved >= _SAVED_EVERY:
            place.unsaved = 0
            self._changed[key] = None
        return after

    def _key(self, key: tuple[str, Group]) -> bytes:
        rule, (kind, action) = key
        words = f"{self._application}\0{rule}\0{kind}\0{action}".encode()
        return PREFIX + hashlib.blake2b(words, digest_size=16).digest()

    def _blob(self, key: tuple[str, Group]) -> bytes | None:
        place = self._places.get(key)
        if place is None:
            return None
        state = place.emptiness
        stored = _Stored(
            _VERSION,
            self._application,
            *key,
            self._ruleset,
            state.pages,
            state.empty,
            state.recent,
            state.held,
            state.run,
            state.drifted,
        )
        return msgspec.msgpack.encode(stored)


def _says_so(answer: Extracted) -> bool:
    """Whether the status tells already that something was not read, or that this
    page is none to find anything on."""
    if answer.status is Extraction.RECORDED:
        return answer.reason == "not_modified"
    return (
        answer.status is not Extraction.NOTHING_EXPECTED or answer.reason not in _HIDDEN
    )


def _watched(rules: Iterable[RecordRule]) -> dict[str, tuple[Group, ...]]:
    """By rule the places that are missed when they are empty."""
    return {rule.name: _groups(rule) for rule in rules if rule.drift}


def _groups(rule: RecordRule) -> tuple[Group, ...]:
    shown = [each for each in rule.subjects if each.action is not Action.MENTION]
    return tuple(dict.fromkeys(each.group for each in shown or rule.subjects))
