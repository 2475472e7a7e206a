"""A client that keeps its connection and does as it is told, and curl."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]

    def header(self, name: str) -> str:
        """The first value of a header, or nothing."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[0] if found else ""

    @property
    def cookie(self) -> str:
        """``name=value`` of the first cookie that was set."""
        return self.header("Set-Cookie").partition(";")[0]


class Client:
    """One connection, kept open over its requests."""

    def __init__(
        self, port: int, tls: ssl.SSLContext | None = None, source: str = "127.0.0.1"
    ) -> None:
        self._connection: HTTPConnection
        address = (source, 0)
        if tls is None:
            self._connection = HTTPConnection(
                "127.0.0.1", port, timeout=20, source_address=address
            )
        else:
            self._connection = HTTPSConnection(
                "127.0.0.1", port, timeout=20, source_address=address, context=tls
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def get(self, path: str, *headers: tuple[str, str | bytes]) -> Answer:
        """One exchange."""
        return self.send("GET", path, headers)

    def post(self, path: str, form: str, *headers: tuple[str, str | bytes]) -> Answer:
        """A form, sent."""
        kind = ("Content-Type", "application/x-www-form-urlencoded")
        return self.send("POST", path, (kind, *headers), form.encode())

    def send(
        self,
        method: str,
        path: str,
        headers: tuple[tuple[str, str | bytes], ...],
        body: bytes = b"",
    ) -> Answer:
        """One exchange; headers as they are, duplicates too."""
        connection = self._connection
        connection.putrequest(method, path)
        for name, value in headers:
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        response = connection.getresponse()
        response.read()
        return Answer(response.status, response.getheaders())


def curl(*words: str) -> int:
    """The last status code curl got."""
    done = subprocess.run(
        ["curl", "-so", "/dev/null", "-w", "%{http_code}", "-m", "20", *words],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout)
