"""People at their desks: they ask, and keep what they received and when.

Every request is told apart from every other: a client's page by an id that
nobody asks twice, any other page by a path of its own. A desk has an address of
its own (127.0.1.N), so that a login is told apart, too.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import h11

from deploy.demo.application.clients import COUNT, FIRST_ID, restricted
from deploy.demo.application.staff import ADVISORS

ANSWER_SECONDS = 6.0
"""After so long without an answer a desk gives up and connects anew."""


@dataclass(slots=True, kw_only=True)
class Request:
    """One request, as the person at the desk knows it."""

    number: str
    address: str
    target: str
    client: str = ""
    """Id of the client whose page it asks for; empty for any other page."""
    login: bool = False
    begun_ns: int = 0
    """Wall clock."""
    first_ns: int = 0
    """First byte of the answer; 0 when none came."""
    ended_ns: int = 0
    whole: bool = False
    """The answer came to its end."""
    status: int = 0
    committed: bool = True
    """A gated page was on disk when its first byte was here."""


@dataclass(slots=True)
class Desk:
    """One desk, its connection and everything it asked for."""

    number: int
    port: int
    gated: Callable[[str], bool]
    """Whether the page of this client is in the journal."""
    chance: random.Random
    clients: list[str]
    requests: list[Request] = field(default_factory=list)
    up: int = 0
    down: int = 0
    broken: int = 0
    """Connections that ended with an answer owed."""
    _cookie: str = ""
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None
    _http: h11.Connection | None = None

    @property
    def address(self) -> str:
        """Where it comes from."""
        return f"127.0.1.{self.number + 1}"

    async def work(self, stop: asyncio.Event) -> None:
        """Ask for pages until ``stop``."""
        await self._login()
        while not stop.is_set():
            if not self._cookie:
                await self._login()
            if self.chance.random() < 0.7 and self._cookie:
                client = self.clients.pop()
                await self._ask(f"/client/view.do?id={client}", client=client)
            else:
                letters = "".join(self.chance.choices("abcdefghkmnpqrstuvwxyz", k=12))
                await self._ask(f"/pagina/{letters}")
            if self.chance.random() < 0.05:
                await self.close()
            await asyncio.sleep(self.chance.uniform(0.0, 0.03))
        await self.close()

    async def _login(self) -> None:
        advisor = ADVISORS[self.number]
        body = f"j_username={advisor.account}&j_password={advisor.password}"
        await self._ask("/login.do", body=body.encode())

    async def _ask(self, target: str, *, client: str = "", body: bytes = b"") -> None:
        request = Request(
            number=f"{self.number}-{len(self.requests)}",
            address=self.address,
            target=target,
            client=client,
            login=bool(body),
        )
        self.requests.append(request)
        try:
            await self._connect()
        except OSError:
            await asyncio.sleep(0.02)
            request.ended_ns = request.begun_ns = time.time_ns()
            return
        request.begun_ns = time.time_ns()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._exchange(request, body)
        except (OSError, TimeoutError, h11.RemoteProtocolError):
            self.broken += 1
            await self.close()
        request.ended_ns = time.time_ns()

    async def _connect(self) -> None:
        if self._http is not None and self._http.our_state is h11.IDLE:
            return
        await self.close()
        self._reader, self._writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(self.address, 0)
        )
        self._http = h11.Connection(h11.CLIENT)

    async def _exchange(self, request: Request, body: bytes) -> None:
        http, reader, writer = self._http, self._reader, self._writer
        assert http is not None
        assert reader is not None
        assert writer is not None
        headers = [("Host", "vesta"), ("X-Request", request.number)]
        if self._cookie:
            headers.append(("Cookie", self._cookie))
        if body:
            headers.append(("Content-Length", str(len(body))))
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
        data = http.send(
            h11.Request(
                method="POST" if body else "GET",
                target=request.target,
                headers=headers,
            )
        )
        data = (data or b"") + (http.send(h11.Data(data=body)) or b"" if body else b"")
        data += http.send(h11.EndOfMessage()) or b""
        self.up += len(data)
        writer.write(data)
        await writer.drain()
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                received = await reader.read(65536)
                if received and not request.first_ns:
                    request.first_ns = time.time_ns()
                    if request.client:
                        request.committed = self.gated(request.client)
                self.down += len(received)
                http.receive_data(received)
                if not received and not request.first_ns:
                    raise ConnectionResetError
            elif isinstance(event, h11.Response):
                request.status = event.status_code
                for name, value in event.headers:
                    if name == b"set-cookie":
                        self._cookie = value.decode().partition(";")[0]
            elif isinstance(event, h11.EndOfMessage):
                request.whole = True
                break
            elif isinstance(event, h11.ConnectionClosed):
                raise ConnectionResetError
        if http.our_state is h11.DONE and http.their_state is h11.DONE:
            http.start_next_cycle()
        else:
            await self.close()

    async def close(self) -> None:
        """End the connection in order."""
        writer, self._writer, self._http = self._writer, None, None
        if writer is not None:
            writer.close()
            try:
                await writer.wait_closed()
            except OSError:
                return


def clients(chance: random.Random, desks: int, each: int = 1500) -> list[list[str]]:
    """Ids for every desk: unshielded clients, no two alike."""
    numbers = chance.sample(range(COUNT), desks * each + 2000)
    free = [str(FIRST_ID + n) for n in numbers if not restricted(n)]
    return [free[i * each : (i + 1) * each] for i in range(desks)]
