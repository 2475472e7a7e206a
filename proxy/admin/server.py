"""The paths of the admin server, over aiohttp.

* ``GET /healthz``: this process answers; never more, so that a probe that
  restarts containers acts on nothing else.
* ``GET /readyz``: 200 while everything that passes is being recorded, else 503;
  both with what is not ready, one a line.
* ``GET /metrics``: the declared instruments, in the format the caller accepts.
* ``GET /status``: what ``whosaw status --json`` prints.

Nothing here names an employee or a client: reports hold none.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from proxy.errors import UnavailableError
from proxy.status import Verdict
from proxy.telemetry.exporting import Exporting

logger = logging.getLogger(__name__)

MOST_BODY = 1 << 10
"""Nobody has a reason to send anything."""

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSettings:
    """Where to listen and whom to answer."""

    host: str
    port: int
    token: str
    """Bearer token; empty: none is asked for (loopback only)."""
    verdict: Callable[[], Verdict]
    """The verdict of this moment."""


def application(
    settings: AdminSettings, registry: CollectorRegistry
) -> web.Application:
    """The application; ``registry`` is where the Prometheus reader collects."""

    async def healthz(_: web.Request) -> web.Response:
        return _plain(200, "ok")

    async def readyz(_: web.Request) -> web.Response:
        verdict = await asyncio.to_thread(settings.verdict)
        lines = [verdict.line, *verdict.problems, *verdict.notes]
        return _plain(200 if verdict.recording else 503, "\n".join(lines))

    async def metrics(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        body = await asyncio.to_thread(encode, registry)
        return web.Response(
            body=body, headers={**HEADERS, "Content-Type": content_type}
        )

    async def status(_: web.Request) -> web.Response:
        verdict = await asyncio.to_thread(settings.verdict)
        return web.json_response(verdict.plain(), headers=HEADERS)

    app = web.Application(
        client_max_size=MOST_BODY, middlewares=[_guard(settings.token)]
    )
    app.add_routes(
        [
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.get("/metrics", metrics),
            web.get("/status", status),
        ]
    )
    return app


async def serve(
    settings: AdminSettings, exporting: Exporting, stop: asyncio.Event
) -> None:
    """Answer until ``stop``.

    Raises:
        UnavailableError: the address is taken.
    """
    runner = web.AppRunner(
        application(settings, exporting.registry),
        access_log=None,
        shutdown_timeout=2.0,
        keepalive_timeout=30.0,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port, backlog=64)
        try:
            await site.start()
        except OSError as error:
            raise UnavailableError(
                f"{settings.host}:{settings.port}: the admin server cannot listen: "
                f"{error.strerror}"
            ) from error
        logger.info("admin server: http://%s:%d", settings.host, settings.port)
        await stop.wait()
    finally:
        await runner.cleanup()


def _guard(token: str) -> Middleware:
    """Ask for the token, when there is one; compared in constant time."""
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def guard(
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        if token and request.path != "/healthz":
            said = request.headers.get("Authorization", "").encode(
                "utf-8", "surrogateescape"
            )
            if not hmac.compare_digest(said, expected):
                return web.Response(
                    status=401,
                    text="a bearer token is needed here\n",
                    headers={**HEADERS, "WWW-Authenticate": "Bearer"},
                )
        return await handler(request)

    return guard


def _plain(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f"{text}\n", headers=HEADERS)
