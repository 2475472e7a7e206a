"""What every form can be asked, with the truth of what it showed.

A shielded client is nobody: in lists it is left out, by its id it is unknown.
"""

from __future__ import annotations

import base64
import binascii
import time
from typing import Final

from deploy.demo.application import pages
from deploy.demo.application.clients import Client, Register
from deploy.demo.application.messages import Request
from deploy.demo.application.staff import ADVISORS, Advisor, authenticate
from deploy.demo.application.truth import TruthLog, TruthRecord

ROWS: Final = 20
"""Clients of one answer."""


class Desk:
    """Questions about clients; each notes what its answer shows."""

    def __init__(self, register: Register, truth: TruthLog) -> None:
        self._register = register
        self._truth = truth
        self._caseloads = [register.caseload(each.number) for each in ADVISORS]

    def client(self, who: Advisor, client_id: str) -> Client | None:
        """One client, all of it."""
        found = self._register.get(client_id)
        if found is None or found.restricted:
            return None
        self._note(who, "client", "view", [found], categories(found))
        return found

    def named(self, who: Advisor, name: str) -> list[Client]:
        """The first clients whose surname begins so."""
        found = self._register.numbered(self._register.named(name)[: 2 * ROWS])
        shown = [client for client in found if not client.restricted][:ROWS]
        self._note(who, "search", "search", shown)
        return shown

    def caseload(self, who: Advisor, page: int) -> list[Client]:
        """A page of the advisor's own clients."""
        first = (max(page, 1) - 1) * ROWS
        numbers = self._caseloads[who.number][first : first + ROWS]
        shown = self._register.numbered(numbers)
        self._note(who, "caseload", "list", shown)
        return shown

    def export(self, who: Advisor) -> list[Client]:
        """All of the advisor's own clients."""
        shown = self._register.numbered(self._caseloads[who.number])
        self._note(who, "export", "export", shown)
        return shown

    def _note(
        self,
        who: Advisor,
        page: str,
        action: str,
        shown: list[Client],
        shown_of_it: tuple[str, ...] = (),
    ) -> None:
        if shown:
            self._truth.append(
                TruthRecord(
                    advisor=who.account,
                    at_ns=time.time_ns(),
                    page=page,
                    action=action,
                    clients=[client.id for client in shown],
                    categories=list(shown_of_it),
                )
            )


def categories(client: Client) -> tuple[str, ...]:
    """Data categories that there are of a client."""
    return tuple(
        pages.CATEGORIES[section] for section in pages.sections_of(client, "alles")
    )


def summary(client: Client) -> dict[str, object]:
    """A client as rows of lists have it."""
    return {"id": int(client.id), "name": client.name, "city": client.city}


def details(client: Client) -> dict[str, object]:
    """A client with every section there is; the others are empty."""
    return {
        **summary(client),
        "contact": {"street": client.street, "phone": client.phone},
        "income": dict(client.income),
        "health": list(client.health),
        "cv": [list(entry) for entry in client.cv],
    }


def page_of(text: str) -> int:
    """The number of a page, 1 for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


def by_basic(request: Request) -> Advisor | None:
    """Who asks, by the credentials that came with the request."""
    scheme, _, said = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        account, _, password = base64.b64decode(said).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return authenticate(account, password)
