"""A compiled rule set, and what it makes of an exchange.

``read`` is the whole story for one exchange: the first record rule whose
request pattern and conditions fit claims it; else a login or logout, else
``ignore``, unless the response is a document with signs of personal data; what is
left is unmapped or shows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from proxy.attribution.confirmation import evaluate
from proxy.attribution.materials import Materials
from proxy.attribution.spec import (
    AttributionSpec,
    FieldIs,
    FieldSource,
    Predicate,
    RequestMatch,
)
from proxy.events import Extraction
from proxy.exchange.limits import Limits
from proxy.exchange.model import Exchange, Request
from proxy.extraction import (
    Extracted,
    Reading,
    RecordRule,
    Settings,
    Unreadable,
    View,
    extract,
    path_template,
    set_aside,
    unmapped,
)
from proxy.extraction.context import Term, context_of
from proxy.extraction.dialects.base import Call, Dialect, shown_by
from proxy.extraction.dialects.redirect import is_redirect_page
from proxy.extraction.model import OnFailure
from proxy.extraction.opened import opened
from proxy.extraction.prefetch import marked
from proxy.extraction.revalidated import remember
from proxy.extraction.signs import Sign
from proxy.extraction.stream import extract_large
from proxy.ruleset.calls import read_calls
from proxy.ruleset.conditions import Condition
from proxy.ruleset.gate import Gate, gate_of, strictest
from proxy.ruleset.ignoring import Ignore
from proxy.ruleset.matcher import Matcher
from proxy.ruleset.operations import Operation
from proxy.ruleset.page import shared_page
from proxy.ruleset.traces import TracedPeers

_OF_ITS_USER = frozenset({Sign.EMAIL})
"""Signs that a page of a login or logout may carry: who logs in, the help desk."""
_LIMITS = Limits()
_PROGRAM = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record rule with what makes it claim an exchange."""

    rule: RecordRule
    requests: tuple[RequestMatch, ...]
    """Any of them."""
    conditions: tuple[Condition, ...] = ()
    """All must hold for the rule to claim an exchange."""
    shown_when: Predicate | None = None
    """Must be true of the response, else it shows nothing."""
    operation: Operation | None = None
    """Which calls of its dialect it claims; None: it has no dialect."""
    skip_redirects: bool = False
    """A page that only leads elsewhere shows nothing."""
    line: int = 0
    """Where it stands in the file."""


class Ignored(Enum):
    """Why an exchange that no record rule claims is expected to show nothing."""

    IGNORED = "ignored"
    LOGIN = "login"
    LOGOUT = "logout"


class _Other(NamedTuple):
    """Requests that no record rule claims and that are expected to show nothing."""

    kind: Ignored
    request: RequestMatch
    despite: frozenset[Sign]


class Claimed(NamedTuple):
    """The rule that claims an exchange."""

    record: Record
    request: RequestMatch
    captures: dict[str, str]

    @property
    def rule(self) -> RecordRule:
        """What is to be extracted."""
        return self.record.rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """The description of one application; made by ``load``, never changed."""

    application: str
    hash: str
    """First 16 hex digits of the SHA-256 of the file's bytes."""
    attribution: AttributionSpec
    records: tuple[Record, ...]
    ignore: tuple[Ignore, ...] = ()
    processing_activity: str = ""
    traces: tuple[TracedPeers, ...] = ()
    """Peers whose trace context counts."""
    settings: Settings = field(default_factory=Settings)
    materials: Materials = field(default_factory=Materials, repr=False, compare=False)
    """Content of the files it refers to, which the edge that loads it adds."""
    _records: Matcher[tuple[Record, RequestMatch]] = field(
        init=False, repr=False, compare=False
    )
    _others: Matcher[_Other] = field(init=False, repr=False, compare=False)

    _remembering: tuple[Dialect, ...] = field(init=False, repr=False, compare=False)
    _remembers: bool = field(init=False, repr=False, compare=False)
    activities: Mapping[str, str] = field(init=False, repr=False, compare=False)
    """Rule → URL of its processing activity, for every record rule."""
    gated: OnFailure | None = field(init=False, repr=False, compare=False)
    """What a failure of the gate means to its strictest rule; None: no rule has
    ``assurance: gate``."""

    def __post_init__(self) -> None:
        dialects = dict.fromkeys(record.rule.dialect for record in self.records)
        remembering = tuple(d for d in dialects if d is not None and d.remembers)
        object.__setattr__(self, "_remembering", remembering)
        bodies = any(record.rule.needs_body for record in self.records)
        object.__setattr__(self, "_remembers", bodies or bool(remembering))
        records = Matcher(
            ((record, request), request.pattern)
            for record in self.records
            for request in record.requests
        )
        spec = self.attribution
        own = _OF_ITS_USER
        known = [_Other(Ignored.LOGIN, each.request, own) for each in spec.logins]
        known += [_Other(Ignored.LOGOUT, each.request, own) for each in spec.logouts]
        known += [
            _Other(Ignored.IGNORED, RequestMatch(each.pattern), each.despite)
            for each in self.ignore
        ]
        others = Matcher((other, other.request.pattern) for other in known)
        activities = {
            each.rule.name: each.rule.activity or self.processing_activity
            for each in self.records
        }
        object.__setattr__(self, "activities", activities)
        object.__setattr__(self, "gated", strictest(self.records))
        object.__setattr__(self, "_records", records)
        object.__setattr__(self, "_others", others)

    def view(self, exchange: Exchange) -> View:
        """The exchange as this rule set looks at it."""
        return View(exchange, self.settings)

    def activity(self, rule: str) -> str:
        """URL of the processing activity of a record rule, or of no rule; may be
        empty."""
        return self.activities.get(rule, self.processing_activity)

    def gate(self, request: Request) -> Gate | None:
        """What may hold the response to this request, of which only the head counts."""
        return gate_of(self, request) if self.gated is not None else None

    def candidates(
        self, method: str, view: View
    ) -> Iterator[tuple[Record, RequestMatch]]:
        """Record rules whose request pattern fits, in order; of a target that
        servers may route elsewhere, all of them."""
        if view.target.odd:
            for record in self.records:
                yield from ((record, request) for request in record.requests)
            return
        for owner, _, _ in self._records.candidates(method, view.target.path):
            yield owner

    def match(self, view: View) -> Claimed | Ignored | None:
        """What claims the exchange: the first record rule that fits, or the
        reason why it is ignored, or nothing."""
        method = view.exchange.request.method.decode("latin-1")
        path = view.target.path
        for (record, request), _, captures in self._records.candidates(method, path):
            if not _asked_for(record, request, view):
                continue
            if record.operation is None or record.operation.fits(view):
                return Claimed(record, request, captures)
        other = self._other(method, view)
        return None if other is None else other.kind

    def _other(self, method: str, view: View) -> _Other | None:
        path = view.target.path
        for other, pattern, _ in self._others.candidates(method, path):
            if other.kind is Ignored.IGNORED:
                # Servers may route such a path elsewhere: it is not ignored.
                if view.target.odd or (pattern.suffix and is_path_info(path)):
                    continue
            elif not conditions_hold(other.request.conditions, view):
                continue
            return other
        return None

    def claim(self, view: View) -> Claimed | None:
        """The record rule that claims the exchange, if one does."""
        found = self.match(view)
        return found if isinstance(found, Claimed) else None

    def read(self, exchange: Exchange | View) -> Reading:
        """Which records the exchange showed; never raises on its content."""
        view = exchange if isinstance(exchange, View) else self.view(exchange)
        for dialect in self._remembering:
            dialect.remember(view)
        claim = self.match(view)
        if isinstance(claim, Claimed):
            operation = claim.record.operation
            if operation is not None and operation.several(view):
                return read_calls(view, operation.dialect, self._read_calls)
            return self._read_claimed(claim, view)
        path = path_template(view.target)
        if claim is None:
            answer = unmapped(view)
        else:
            other = self._other(view.exchange.request.method.decode("latin-1"), view)
            despite = frozenset() if other is None else other.despite
            answer = set_aside(view, claim.value, despite)
        if answer.status is Extraction.UNMAPPED and self._is_login_page(view):
            answer = _nothing("login_page")
        return Reading("", path, answer)

    @property
    def remembers(self) -> bool:
        """Whether responses are read with the help of earlier ones."""
        return self._remembers

    def claims(self, view: View, call: Call) -> list[Claimed]:
        """The first rule that fits each name of a call, without repetition."""
        method = view.exchange.request.method.decode("latin-1")
        names = call.names
        claims: list[Claimed] = []
        for (record, request), _, captures in self._records.candidates(
            method, view.target.path
        ):
            if not _asked_for(record, request, view):
                continue
            claim = Claimed(record, request, captures)
            if record.operation is None:
                return [*claims, claim]
            fitting = record.operation.fitting(call, names)
            if fitting:
                claims.append(claim)
                names = tuple(name for name in names if name not in fitting)
            if not names:
                break
        return claims

    def _read_calls(
        self, view: View, calls: tuple[Call, ...]
    ) -> tuple[list[Reading], bool]:
        """Every rule that claims one of these calls reads their answers once."""
        claims: dict[str, Claimed] = {}
        claimed = True
        for call in calls:
            found = self.claims(view, call)
            claimed = claimed and bool(found)
            for claim in found:
                claims.setdefault(claim.rule.name, claim)
        readings = [self._read_claimed(claim, view) for claim in claims.values()]
        return readings, claimed or isinstance(self.match(view), Ignored)

    def _read_claimed(self, claim: Claimed, view: View) -> Reading:
        view.captures = claim.captures
        template = claim.request.pattern.template
        answer = self.hidden(claim.record, view)
        if answer is not None:
            return Reading(claim.rule.name, template, answer)
        terms: tuple[Term, ...] = ()
        if claim.rule.context:
            terms = context_of(claim.rule.context, view)
        answer = extract_large(claim.rule, view, _LIMITS)
        if answer is None:
            answer = extract(claim.rule, view)
        if view.exchange.response is not None:
            remember(claim.rule, view, answer)
        answer = marked(view.exchange.request, answer)
        return Reading(claim.rule.name, template, answer, terms)

    def hidden(self, record: Record, view: View) -> Extracted | None:
        """Why a claimed response shows none of its records, or None."""
        if view.exchange.response is None:
            return None
        if self._is_login_page(view):
            return _nothing("login_page")
        if (
            record.skip_redirects
            and record.rule.shows(view.response.status)
            and is_redirect_page(view)
        ):
            return _nothing("redirect")
        # A 304 has no page to look at; the one it confirms was looked at.
        if record.shown_when is not None and view.response.status != 304:
            page = shared_page(_looked_at(record, view))
            shown = evaluate(record.shown_when, view.exchange, page)
            if shown is None:
                return Extracted(Extraction.FAILED, "shown_when_unknown", [])
            if not shown:
                return _nothing("not_shown")
        return None

    def _is_login_page(self, view: View) -> bool:
        login_page = self.attribution.login_page
        if login_page is None:
            return False
        return evaluate(login_page, view.exchange, shared_page(view)) is True


def _asked_for(record: Record, request: RequestMatch, view: View) -> bool:
    if request.conditions and not conditions_hold(request.conditions, view):
        return False
    conditions = record.conditions
    return not conditions or all(condition.holds(view) for condition in conditions)


def _looked_at(record: Record, view: View) -> View:
    """What selectors of the rule look at, as far as it can be read."""
    try:
        view = opened(view)
        if record.rule.dialect is None:
            return view
        return shown_by(record.rule.dialect, view)
    except Unreadable:
        return view


def conditions_hold(conditions: tuple[FieldIs, ...], view: View) -> bool:
    """Whether some value of each field fits."""
    for condition in conditions:
        name = condition.field.name
        query = condition.field.source is FieldSource.QUERY
        fields = view.target.query if query else view.form
        fits = condition.pattern.match
        if not any(key == name and fits(value) for key, value in fields):
            return False
    return True


def is_path_info(path: str) -> bool:
    """Whether an earlier segment names a program: ``/Detail.aspx/x.css`` is not
    a style sheet but ``Detail.aspx`` with something behind it."""
    folders = path.split("/")[:-1]
    return any(_PROGRAM.search(folder) for folder in folders)


def _nothing(reason: str) -> Extracted:
    return Extracted(Extraction.NOTHING_EXPECTED, reason, [])
