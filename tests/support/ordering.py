"""``make attribution-order``: a view overtakes its login, on another real wire.

Forty users log in on one connection and, the moment the answer is there, ask for a
client on another, which the kernel may have given to the other wire. The recorder
must name every view, and rightly. Every client is asked for once, so that a view
says by itself whose it has to be. The last line is the verdict.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.demo.sidecar import free_ports
from proxy.events import ExchangeRecorded, ViewRecorded
from proxy.keys import load as load_keys
from proxy.pseudonym import pseudonym
from tests.support.sidecars import Front, Running, run, write_config
from tests.support.tickets import PASSWORD, RULES
from tests.support.waiting import until

USERS = 40
RENEWED = 25
"""Rounds after which a user opens connections anew: perhaps on the other wire."""
PAGE = b"<h1>Client</h1>"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was recorded, held against what was asked for."""

    exchanges: int
    lost: int
    unattributed: int
    wrong: int
    crossed: int
    """Views that came over another wire than their login."""

    @property
    def clean(self) -> bool:
        """Nothing nameless, nothing wrong, nothing lost."""
        return not (self.lost or self.unattributed or self.wrong)


class _Application:
    """Sessions in memory: a new cookie at each login, a page for whoever has one."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._open = 0
        self._over = asyncio.Condition()

    async def ended(self) -> None:
        """Every connection was ended from the other side."""
        async with self._over:
            await self._over.wait_for(lambda: not self._open)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """One connection, until the other side ends it."""
        self._open += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if head.startswith(b"POST /login"):
                    await reader.readexactly(_length(head))
                    cookie = b"Set-Cookie: SESSION=%d; Path=/\r\n" % next(self._numbers)
                    answer = b"HTTP/1.1 302 Found\r\nLocation: /\r\n" + cookie
                    writer.write(answer + b"Content-Length: 0\r\n\r\n")
                else:
                    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                    answer += b"Content-Length: %d\r\n\r\n" % len(PAGE)
                    writer.write(answer + PAGE)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            async with self._over:
                self._open -= 1
                self._over.notify_all()


class _Connection:
    """One of a browser's."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, port: int) -> _Connection:
        """A new one."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> bytes:
        """The head of the answer, once all of the answer is there."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        await self._reader.readexactly(_length(head))
        return head

    async def close(self) -> None:
        """End it."""
        self._writer.close()
        await self._writer.wait_closed()


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])


async def _user(port: int, name: str, clients: Iterator[int], rounds: int) -> list[int]:
    """Log in and look, again and again; the clients that were shown."""
    shown: list[int] = []
    body = f"username={name}&password={PASSWORD}".encode()
    login = (
        b"POST /login HTTP/1.1\r\nHost: a\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    ) + body
    pair: list[_Connection] = []
    for turn in range(rounds):
        if turn % RENEWED == 0:
            for each in pair:
                await each.close()
            pair = [await _Connection.to(port), await _Connection.to(port)]
        first, second = pair if turn % 2 else reversed(pair)
        head = await first.ask(login)
        cookie = head.partition(b"Set-Cookie: ")[2].split(b";")[0]
        for line in (second, first):
            client = next(clients)
            path = b"GET /client/%d HTTP/1.1\r\nHost: a\r\n" % client
            await line.ask(path + b"Cookie: " + cookie + b"\r\n\r\n")
            shown.append(client)
    for each in pair:
        await each.close()
    return shown


async def _work(running: Running, port: int, rounds: int) -> dict[int, str]:
    """Everybody at once; who was shown each client."""
    application = _Application()
    clients = itertools.count(100_000)
    async with await asyncio.start_server(application.serve, "127.0.0.1", port):
        names = [f"user{number}" for number in range(USERS)]
        users = [_user(running.port(), name, clients, rounds) for name in names]
        shown = await asyncio.gather(*users)
        await application.ended()
    return {
        client: name for name, mine in zip(names, shown, strict=True) for client in mine
    }


def order(directory: Path, exchanges: int) -> Outcome:
    """So many exchanges, or a few more, through two wires."""
    rounds = -(-exchanges // (USERS * 3))
    wanted = rounds * USERS * 3
    [port] = free_ports(1)
    front = Front(name="tickets", rules=RULES, upstream=f"http://127.0.0.1:{port}")
    config = write_config(directory, [front], wires=2)
    with run(config, ["recorder", "wire"], wait=False) as running:
        until(lambda: {"wire-0", "wire-1"} <= running.reports().keys(), "wires", 60)
        truth = asyncio.run(_work(running, port, rounds))
        until(
            lambda: (running.figure("recorder", "exchanges") or 0) >= wanted,
            "everything is recorded",
            60,
        )
        running.end()
        return _compare(running, truth, wanted)


def _compare(running: Running, truth: dict[int, str], wanted: int) -> Outcome:
    key = load_keys(running.config.keys).subject_key
    owner = {pseudonym(key, "client", str(c)): name for c, name in truth.items()}
    exchanges = unattributed = wrong = crossed = 0
    seen = set()
    for event in running.events():
        if isinstance(event, ExchangeRecorded):
            exchanges += 1
            unattributed += not event.actor.name
        elif isinstance(event, ViewRecorded):
            seen.add(event.subject)
            wrong += event.actor.name not in ("", owner[event.subject])
            crossed += int(event.actor.binding.split("-")[0] or "0", 16) != event.wire
    lost = wanted - exchanges + len(owner.keys() - seen)
    return Outcome(exchanges, lost, unattributed, wrong, crossed)


def main() -> int:
    """Run it, and say how it went."""
    parser = argparse.ArgumentParser(prog="make attribution-order")
    parser.add_argument("--exchanges", type=int, default=35_000)
    given = parser.parse_args()
    with TemporaryDirectory() as directory:
        found = order(Path(directory), given.exchanges)
    print(
        f"{USERS} users, 2 wires; {found.crossed:,} views came over another wire than "
        f"their login; lost {found.lost}"
    )
    print(
        f"unattributed {found.unattributed}, wrong {found.wrong} "
        f"in {found.exchanges} exchanges"
    )
    return 0 if found.clean else 1


if __name__ == "__main__":
    sys.exit(main())
