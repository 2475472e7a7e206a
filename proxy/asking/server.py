"""The question service over aiohttp: ``POST /ask``, ``GET /healthz``.

Bounded: questions at once, questions waiting, bytes of one, wrong tokens. An answer
is no faster than the journal's disk: the inquiry is committed before the store is
asked. Nothing of a question is logged but its kind, its id, and who asked.

Failure modes, as HTTP statuses with ``{"error": …}``: 400 a question that makes no
sense; 401 nobody knows who asks, or too many wrong tokens; 408 it did not arrive; 413;
502 the store does not answer (the inquiry stands); 503 the inquiry cannot be recorded,
or too many wait.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec
from aiohttp import web

from proxy.asking.answering import Prepared, prepare
from proxy.asking.model import MOST_BODY, Ask, Refusal
from proxy.asking.people import NotLetIn, People
from proxy.clock import Clock
from proxy.errors import UsageError, WhosawError
from proxy.events.custody import InquiryRecorded
from proxy.keys import KeyFile
from proxy.store.client import ClickHouseStore
from proxy.store.port import StoreRejected, StoreUnavailable

logger = logging.getLogger(__name__)

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
INQUIRY = "X-Whosaw-Inquiry"
"""Header of an answer: the id of the inquiry it was recorded as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much is served, with the reason of each default."""

    at_once: int = 4
    """Questions: the store is asked by others, too."""
    waiting: int = 16
    """Questions that wait for those."""
    patience: float = 10.0
    """Seconds a question may take to arrive: one network packet, mostly."""


@dataclass(slots=True, kw_only=True)
class Service:
    """What answers.

    ``record`` returns when the inquiry is on disk and raises a ``WhosawError`` when it
    is not.
    """

    people: People
    keys: Callable[[], KeyFile]
    store: ClickHouseStore
    record: Callable[[InquiryRecorded], None]
    clock: Clock
    bounds: Bounds = field(default_factory=Bounds)
    answered: int = 0
    unrecorded: int = 0
    """Questions that were not answered because they could not be recorded."""
    turned_away: int = 0
    """Questions above ``bounds``."""
    _inside: int = 0
    _slots: asyncio.Semaphore | None = None

    def figures(self) -> dict[str, int]:
        """For the status file."""
        return {
            "answered": self.answered,
            "unrecorded": self.unrecorded,
            "turned_away": self.turned_away,
            "refused": self.people.refused,
        }

    def application(self) -> web.Application:
        """The paths."""
        app = web.Application(client_max_size=MOST_BODY)
        app.add_routes([web.get("/healthz", _healthz), web.post("/ask", self._ask)])
        self._slots = asyncio.Semaphore(self.bounds.at_once)
        return app

    async def _ask(self, request: web.Request) -> web.Response:
        if self._inside >= self.bounds.at_once + self.bounds.waiting:
            self.turned_away += 1
            return _refusal(503, "too many questions wait; ask again later")
        self._inside += 1
        try:
            assert self._slots is not None
            async with self._slots:
                return await self._served(request)
        finally:
            self._inside -= 1

    async def _served(self, request: web.Request) -> web.Response:
        address = request.remote or ""
        try:
            person = await asyncio.to_thread(
                self.people.who,
                request.headers.get("Authorization", ""),
                address,
                self.clock.monotonic_ns() / 1e9,
            )
        except NotLetIn:
            return _refusal(401, "who asks is not known here")
        except UsageError as error:
            logger.error("nobody is let in: %s", error)  # noqa: TRY400 - told, not traced
            return _refusal(503, "the file of people cannot be read")
        try:
            async with asyncio.timeout(self.bounds.patience):
                body = await request.read()
            ask = msgspec.json.decode(body, type=Ask)
            if not ask.reason.strip():
                return _refusal(400, "a reason is needed: --reason")
            prepared = await asyncio.to_thread(prepare, ask, self.keys)
        except TimeoutError:
            return _refusal(408, "the question did not arrive")
        except msgspec.MsgspecError:
            # Its text may quote the question.
            return _refusal(400, "this is not a question; see docs/questions.md")
        except UsageError as error:
            return _refusal(400, str(error))
        return await self._recorded(prepared, person, address)

    async def _recorded(
        self, prepared: Prepared, person: str, address: str
    ) -> web.Response:
        inquiry = prepared.asked.inquiry(
            inquiry=secrets.token_hex(16),
            person=person,
            address=address,
            now_ns=self.clock.wall_ns(),
        )
        try:
            await asyncio.to_thread(self.record, inquiry)
        except WhosawError as error:
            self.unrecorded += 1
            logger.error("no answer, the inquiry is not recorded: %s", error)  # noqa: TRY400
            return _refusal(
                503, "the inquiry cannot be recorded, so there is no answer"
            )
        logger.info("inquiry %s: %s by %s", inquiry.inquiry, inquiry.question, person)
        try:
            answer = await asyncio.to_thread(prepared.run, self.store)
            body = await asyncio.to_thread(msgspec.json.encode, answer)
        except (StoreUnavailable, StoreRejected) as error:
            logger.warning("inquiry %s has no answer: %s", inquiry.inquiry, error)
            return _refusal(502, "the store does not answer; the inquiry is recorded")
        self.answered += 1
        return web.Response(
            body=body,
            content_type="application/json",
            headers={**HEADERS, INQUIRY: inquiry.inquiry},
        )


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok\n", headers=HEADERS)


def _refusal(status: int, text: str) -> web.Response:
    return web.Response(
        status=status,
        body=msgspec.json.encode(Refusal(error=text)),
        content_type="application/json",
        headers=HEADERS,
        reason=HTTPStatus(status).phrase,
    )
