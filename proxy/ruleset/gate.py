"""Which responses wait for their record: what gated rules may claim.

Asked twice while an exchange is under way: of the request's head, before
anything of the response is known, and of the response's head. Both answers err
on the side of holding: a rule that asks for fields of a form, whose content has
not come yet, may claim the exchange; one whose ``on_status`` or ``content_type``
the response does not fit shows nothing of it and holds nothing. A target that
servers may route elsewhere (``odd``) may be claimed by any gated rule.

Never held: event streams, which have no end to wait for, and 401 unless a rule
names it in ``on_status``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy.attribution.spec import FieldSource, RequestMatch
from proxy.exchange.charset import media_type
from proxy.exchange.model import Exchange, Request, Response
from proxy.extraction import View
from proxy.extraction.model import Assurance, OnFailure
from proxy.ruleset.conditions import ContentTypeFits, HeaderFits, StatusFits

if TYPE_CHECKING:
    from proxy.ruleset.model import Record, RuleSet

EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Gate:
    """The gated rules that may claim the response to one request."""

    records: tuple[Record, ...]
    closed: bool
    """Some of them would rather not be shown than not be recorded."""

    def holds(self, response: Response) -> bool:
        """Whether the response may show records of theirs, by its head alone."""
        if media_type(response.get(b"content-type")) == EVENT_STREAM:
            return False
        return any(_may_show(record, response) for record in self.records)


def strictest(records: Iterable[Record]) -> OnFailure | None:
    """What a failure of the gate means to all of them; None: none is gated."""
    found: OnFailure | None = None
    for record in records:
        if record.rule.assurance is Assurance.GATE:
            if record.rule.on_failure is OnFailure.CLOSED:
                return OnFailure.CLOSED
            found = OnFailure.OPEN
    return found


def gate_of(ruleset: RuleSet, request: Request) -> Gate | None:
    """The gate of a request whose head is there; None: nothing holds its response."""
    view = ruleset.view(Exchange(request))
    method = request.method.decode("latin-1")
    found: list[Record] = []
    for record, asked in ruleset.candidates(method, view):
        if not _may_be_asked(record, asked, view):
            continue
        if record.rule.assurance is Assurance.GATE and record not in found:
            found.append(record)
        alone = not (asked.conditions or record.conditions or record.operation)
        if alone and not view.target.odd:
            break  # whatever comes after it in the file is never reached
    if not found:
        return None
    return Gate(tuple(found), strictest(found) is OnFailure.CLOSED)


def _may_be_asked(record: Record, asked: RequestMatch, view: View) -> bool:
    for condition in asked.conditions:
        if condition.field.source is not FieldSource.QUERY:
            continue
        fits, name = condition.pattern.match, condition.field.name
        if not any(key == name and fits(value) for key, value in view.target.query):
            return False
    return all(
        condition.holds(view)
        for condition in record.conditions
        if isinstance(condition, HeaderFits)
    )


def _may_show(record: Record, response: Response) -> bool:
    if not record.rule.shows(response.status):
        return False
    if not record.conditions:
        return True
    view = View(Exchange(Request(), response))
    return all(
        condition.holds(view)
        for condition in record.conditions
        if isinstance(condition, StatusFits | ContentTypeFits)
    )
