"""A visit to an application as a browser makes it: log in by form, open a page.

The form's page is fetched first: its cookie, and the hidden fields of the form that
asks for a password, go back with the login, as applications that guard against
forged requests want. Redirects are not followed: what a login answers is its own.

Bounds: ``SECONDS`` for all of it, ``MOST_BYTES`` of the form's page. Failure modes:
``NotOpened`` says which step failed; neither it nor anything else tells the password
or what was sent.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import aiohttp
import lxml.etree
import lxml.html

SECONDS = 30.0
MOST_BYTES = 1 << 20
"""A login form is a few kB; what is larger is not read for hidden fields."""
_ACCEPT = {"Accept": "text/html, */*", "User-Agent": "whosaw-canary"}


class Step(Enum):
    """What a visitor does."""

    LOGIN = "login"
    PAGE = "page"


class NotOpened(Exception):
    """The application did not do what was asked; ``detail`` says how it answered."""

    def __init__(self, step: Step, detail: str) -> None:
        super().__init__(f"{step.value}: {detail}")
        self.step = step
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Where, as whom, and what is opened."""

    url: str
    """Scheme, host and port."""
    login: str
    """Path the form is at, and is sent to."""
    form: tuple[tuple[str, str], ...] = field(repr=False)
    """Fields with the password among them."""
    page: str
    ca: Path | None = None
    """PEM of the authority to trust; None: the system's."""


async def visit(what: Visit) -> None:
    """Log in and open the page.

    Raises:
        NotOpened: with the step that failed.
    """
    step = Step.LOGIN
    try:
        context = ssl.create_default_context(cafile=what.ca)
        async with aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(total=SECONDS),
            connector=aiohttp.TCPConnector(ssl=context, limit=1),
            headers=_ACCEPT,
        ) as session:
            login = what.url + what.login
            async with session.get(login, allow_redirects=False) as answer:
                hidden = hidden_fields(await answer.content.read(MOST_BYTES))
            form = hidden | dict(what.form)
            async with session.post(login, data=form, allow_redirects=False) as answer:
                _expect(answer, step, 399)
            step = Step.PAGE
            page = what.url + what.page
            async with session.get(page, allow_redirects=False) as answer:
                _expect(answer, step, 299)
                await answer.read()
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise NotOpened(step, type(error).__name__) from error


def hidden_fields(page: bytes) -> dict[str, str]:
    """Hidden inputs of the form on this page that asks for a password."""
    try:
        tree = lxml.html.document_fromstring(page)
    except (lxml.etree.LxmlError, ValueError):
        return {}
    for form in tree.iter("form"):
        inputs = list(form.iter("input"))
        if any(each.get("type", "").lower() == "password" for each in inputs):
            return {
                name: each.get("value", "")
                for each in inputs
                if each.get("type", "").lower() == "hidden"
                and (name := each.get("name"))
            }
    return {}


def _expect(answer: aiohttp.ClientResponse, step: Step, most: int) -> None:
    if answer.status > most:
        raise NotOpened(step, f"answered {answer.status}")
