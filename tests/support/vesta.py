"""A client of the stand-in application that sees every byte it sent."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from deploy.demo.application.staff import ADVISORS, Advisor


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A response as it was on the wire, and its content."""

    status: int
    head: str
    """Status line and header lines, as sent."""
    headers: dict[str, str]
    """Names as sent."""
    content: bytes
    """Transfer and content coding removed."""
    chunks: int
    """Chunks with data; 0 when not chunked."""
    closed: bool
    """The server closed after it."""

    @property
    def text(self) -> str:
        """The content as the application's charset has it."""
        return self.content.decode("iso-8859-1")


class RawBrowser:
    """One connection per request, one cookie; nothing is done behind the back."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self.session = ""
        """JSESSIONID, as last set."""

    async def send(self, raw: bytes) -> RawAnswer:
        """Send these bytes on a new connection and read one answer."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(raw)
            return await self._read(reader, head_only=raw.startswith(b"HEAD"))
        finally:
            writer.close()
            await writer.wait_closed()

    async def get(
        self, path: str, *extra: str, method: str = "GET", version: str = "1.1"
    ) -> RawAnswer:
        """One request with the cookie and these header lines."""
        return await self._exchange(method, path, version, extra, b"")

    async def post(self, path: str, **fields: str) -> RawAnswer:
        """Send a form."""
        body = urlencode(fields, encoding="iso-8859-1").encode()
        lines = (
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
        )
        return await self._exchange("POST", path, "1.1", lines, body)

    async def log_in(self, advisor: Advisor = ADVISORS[0]) -> RawAnswer:
        """Log in as somebody."""
        return await self.post(
            "/login.do", j_username=advisor.account, j_password=advisor.password
        )

    async def _exchange(
        self,
        method: str,
        path: str,
        version: str,
        extra: tuple[str, ...],
        body: bytes,
    ) -> RawAnswer:
        lines = [f"{method} {path} HTTP/{version}", f"Host: {self._host}", *extra]
        if self.session:
            lines.append(f"Cookie: JSESSIONID={self.session}")
        answer = await self.send("\r\n".join([*lines, "\r\n"]).encode() + body)
        cookie = answer.headers.get("Set-Cookie", "")
        if cookie.startswith("JSESSIONID="):
            self.session = cookie.partition("=")[2].partition(";")[0]
        return answer

    async def _read(
        self, reader: asyncio.StreamReader, *, head_only: bool
    ) -> RawAnswer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("iso-8859-1")
        lines = head.split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = dict(line.split(": ", 1) for line in lines[1:-2])
        content, chunks = b"", 0
        closes = headers.get("Connection") == "close"
        if head_only or status == 304:
            pass
        elif headers.get("Transfer-Encoding") == "chunked":
            while size := int(await reader.readline(), 16):
                content += (await reader.readexactly(size + 2))[:-2]
                chunks += 1
            await reader.readexactly(2)
        elif "Content-Length" in headers:
            content = await reader.readexactly(int(headers["Content-Length"]))
        else:
            content = await reader.read()
        if closes:
            assert await reader.read() == b""
        if headers.get("Content-Encoding") == "gzip":
            content = zlib.decompress(content, 31)
        return RawAnswer(status, head, headers, content, chunks, closes)
