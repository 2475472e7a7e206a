"""The sockets of the application: its own port and, apart, a control port.

The control port answers ``GET /__truth`` with a flush of the truth file and
the counts. It is a port of its own, so that nothing of it passes the sidecar.

Bounds: a connection serves REQUESTS_PER_CONNECTION requests and then closes,
as the servers of the day did; a browser that does not read is not read from.
"""

from __future__ import annotations

import asyncio
import json
import time
from email.utils import formatdate
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast

from typing_extensions import override

from deploy.demo.application.forms import Form, answering
from deploy.demo.application.messages import (
    BadRequest,
    Request,
    Response,
    encode,
    take,
)
from deploy.demo.application.truth import TruthLog
from deploy.demo.application.vesta import IDLE_SECONDS, Vesta

REQUESTS_PER_CONNECTION: Final = 100
BACKLOG: Final = 1024


class _Connection(asyncio.Protocol):
    """One browser connection: requests in turn, answered in order."""

    def __init__(self, server: Server, *, control: bool) -> None:
        self._server = server
        self._control = control
        self._buffer = bytearray()
        self._served = 0
        self._paused = False
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._server.connections.add(self._transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._server.connections.discard(self._transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._serve()

    @override
    def pause_writing(self) -> None:
        self._paused = True
        if self._transport is not None:
            self._transport.pause_reading()

    @override
    def resume_writing(self) -> None:
        self._paused = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
            self._serve()

    def _serve(self) -> None:
        transport = self._transport
        while transport and not self._paused and not transport.is_closing():
            try:
                request = take(self._buffer)
            except BadRequest as refused:
                transport.write(
                    b"HTTP/1.1 %d Bad Request\r\nContent-Length: 0\r\n"
                    b"Connection: close\r\n\r\n" % refused.status
                )
                transport.close()
                return
            if request is None:
                return
            self._served += 1
            limit = self._server.requests_per_connection
            data, closes = encode(
                self._server.answer(request, control=self._control),
                request,
                self._server.date(),
                last=0 < limit <= self._served,
            )
            transport.write(data)
            if closes:
                transport.close()


class Server:
    """The running application; an async context manager that closes it.

    ``port`` 0 takes a free one. ``requests_per_connection`` 0 means no limit. ``form``
    is the dialect it speaks.
    """

    def __init__(
        self,
        truth: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 2005,
        idle_seconds: float = IDLE_SECONDS,
        requests_per_connection: int = REQUESTS_PER_CONNECTION,
        form: Form = Form.PAGES,
    ) -> None:
        self._truth_path = truth
        self._truth = TruthLog(truth)
        self._host = host
        self._port = port
        self._date = (0, "")
        self._servers: list[asyncio.Server] = []
        self.connections: set[asyncio.Transport] = set()
        self.requests_per_connection = requests_per_connection
        self.vesta = Vesta(self._truth, seed=seed, idle_seconds=idle_seconds)
        self._form = answering(form, self.vesta)
        self.url = ""
        """Where the application is reached."""
        self.control_url = ""

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for control, port in ((False, self._port), (True, 0)):
            server = await loop.create_server(
                partial(_Connection, self, control=control),
                self._host,
                port,
                backlog=BACKLOG,
            )
            self._servers.append(server)
        self.url, self.control_url = (
            f"http://{self._host}:{server.sockets[0].getsockname()[1]}"
            for server in self._servers
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.close()
        for transport in list(self.connections):
            transport.abort()
        for server in self._servers:
            await server.wait_closed()
        self._truth.close()

    def date(self) -> str:
        """The Date header of this second."""
        now = int(time.time())
        if now != self._date[0]:
            self._date = (now, formatdate(now, usegmt=True))
        return self._date[1]

    def answer(self, request: Request, *, control: bool) -> Response:
        """The response to a request of either port."""
        if not control:
            if self._form is not self.vesta:
                self.vesta.exchanges += 1
            return self._form.handle(request)
        if request.path != "/__truth":
            return Response(status=404)
        self._truth.flush()
        counts = {
            "exchanges": self.vesta.exchanges,
            "records": self._truth.records,
            "truth": str(self._truth_path),
        }
        return Response(
            content_type="application/json", body=json.dumps(counts).encode()
        )
