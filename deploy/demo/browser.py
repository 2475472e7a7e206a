"""A browser of the day: one cookie jar, a few connections, frames in parallel.

It measures each request from before it was sent to after its last byte, and
knows how to read Vesta's pages: who they say is logged in, which clients they
show. A failure of the connection is the caller's ``aiohttp.ClientError``.
"""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlencode, urlsplit

import aiohttp
from yarl import URL

from deploy.demo.application.messages import CHARSET

_USER: Final = re.compile(r'<div id="wie">Ingelogd als <b>([^<]*)</b></div>')
_ONE_CLIENT: Final = re.compile(r'id="clientnr">([0-9]+)')
_LINKED: Final = re.compile(r'<a href="/client/view\.do\?id=([0-9]+)" ')
_ACTION: Final = re.compile(r'<form name="login" method="post" action="([^"]+)"')
_TIMEOUT: Final = aiohttp.ClientTimeout(total=60)

Measure = Callable[[int], None]
"""Told the nanoseconds of each completed request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An answer as the advisor sees it."""

    status: int
    content_type: str
    text: str
    location: str
    """Path and query of a redirect, or empty."""

    @property
    def user(self) -> str | None:
        """Who the page says is logged in."""
        found = _USER.search(self.text)
        return found[1] if found else None

    @property
    def login_action(self) -> str | None:
        """Where the login form posts to, when this is the login form."""
        found = _ACTION.search(self.text)
        return found[1] if found else None

    def clients(self) -> list[str]:
        """Ids of the clients the page shows."""
        if self.status != 200:
            return []
        if self.content_type == "text/csv":
            lines = self.text.split("\r\n")[1:-1]
            return [line.partition(";")[0] for line in lines]
        if self.content_type == "application/json":
            return [str(item["id"]) for item in json.loads(self.text)]
        one = _ONE_CLIENT.search(self.text)
        return [one[1]] if one else _LINKED.findall(self.text)


class Browser:
    """One workstation's browser; an async context manager.

    ``connections`` bounds the pool (2 by the standard of the day, up to 6).
    ``address`` is the local address to come from, or None.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connections: int,
        measure: Measure,
        address: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._measure = measure
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=connections,
                local_addr=(address, 0) if address is not None else None,
                ssl=tls if tls is not None else True,
            ),
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=_TIMEOUT,
            headers={
                "User-Agent": "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
                "Accept-Language": "nl",
            },
            skip_auto_headers=("Accept-Encoding",),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def get(
        self,
        path: str,
        *,
        gzip: bool = True,
        close: bool = False,
        unless_modified: str | None = None,
    ) -> Page:
        """Fetch a path (with its query, quoted)."""
        headers = {}
        if gzip:
            headers["Accept-Encoding"] = "gzip, deflate"
        if close:
            headers["Connection"] = "close"
        if unless_modified is not None:
            headers["If-Modified-Since"] = unless_modified
        return await self._fetch("GET", path, headers, None)

    async def post(self, path: str, form: dict[str, str]) -> Page:
        """Send a form, in the charset of the page it came from."""
        headers = {
            "Accept-Encoding": "gzip, deflate",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode(form, encoding=CHARSET).encode("ascii")
        return await self._fetch("POST", path, headers, body)

    async def _fetch(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> Page:
        before = time.perf_counter_ns()
        async with self._session.request(
            method,
            URL(self._base + path, encoded=True),
            headers=headers,
            data=body,
            allow_redirects=False,
        ) as response:
            content = await response.read()
        self._measure(time.perf_counter_ns() - before)
        kind = response.content_type if "Content-Type" in response.headers else ""
        charset = "utf-8" if kind == "application/json" else CHARSET
        where = urlsplit(response.headers.get("Location", ""))
        return Page(
            status=response.status,
            content_type=kind,
            text=content.decode(charset),
            location=where.path + (f"?{where.query}" if where.query else ""),
        )
