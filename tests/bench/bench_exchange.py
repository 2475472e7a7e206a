"""CPU per exchange of the framing and of what reads its values.

Run: ``python -m tests.bench.bench_exchange``. Best of several rounds, so that
what else runs on the machine disturbs little.
"""

from __future__ import annotations

import gzip
import timeit
from collections.abc import Callable

from proxy.exchange.body import decode_content
from proxy.exchange.charset import decode_text
from proxy.exchange.cookies import cookies, set_cookies
from proxy.exchange.forms import parse_query
from proxy.exchange.framing import ConnectionParser
from proxy.exchange.json_body import parse_json
from proxy.exchange.model import Exchange, Response
from proxy.exchange.target import parse_target

REQUEST = (
    b"GET /client/123456?tab=contact HTTP/1.1\r\n"
    b"Host: vesta.example\r\n"
    b"User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    b"(KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\r\n"
    b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
    b"image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7\r\n"
    b"Accept-Language: nl-NL,nl;q=0.9,en;q=0.8\r\n"
    b"Accept-Encoding: gzip, deflate\r\n"
    b"Referer: http://vesta.example/clients?name=jansen\r\n"
    b"Cookie: JSESSIONID=0123456789ABCDEF0123456789ABCDEF; theme=blue\r\n"
    b"Connection: keep-alive\r\n"
    b"Upgrade-Insecure-Requests: 1\r\n"
    b"Cache-Control: max-age=0\r\n\r\n"
)
ROW = b"<tr data-id=123456><td>Jansen</td><td>Straat 1</td></tr>\n"
PAGE = (ROW * 200)[:10_000]
HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"Date: Mon, 24 Nov 2025 06:00:00 GMT\r\n"
    b"Server: Apache-Coyote/1.1\r\n"
    b"Content-Type: text/html;charset=ISO-8859-1\r\n"
    b"Cache-Control: no-cache\r\n"
)
SIZED = HEAD + b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE
CHUNKED = (
    HEAD
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b"".join(
        b"%x\r\n%b\r\n" % (len(PAGE[i : i + 2000]), PAGE[i : i + 2000])
        for i in range(0, len(PAGE), 2000)
    )
    + b"0\r\n\r\n"
)


def conversation(response: bytes, pieces: int) -> Callable[[], Exchange]:
    """One exchange on a kept-alive connection, the response in pieces."""
    parser = ConnectionParser()
    size = -(-len(response) // pieces)
    parts = [response[i : i + size] for i in range(0, len(response), size)]

    def exchange() -> Exchange:
        parser.data(True, REQUEST, 1)
        for part in parts[:-1]:
            parser.data(False, part, 2)
        (out,) = parser.data(False, parts[-1], 3)
        assert isinstance(out, Exchange)
        return out

    return exchange


def microseconds(work: Callable[[], object]) -> float:
    """Best of 7 rounds of at least 20 ms, per call."""
    timer = timeit.Timer(work)
    number, _ = timer.autorange()
    number = max(1, number // 10)
    return min(timer.repeat(7, number)) / number * 1e6


def main() -> None:
    """Print one line per measure."""
    exchange = conversation(SIZED, 1)()
    zipped = Response([(b"content-encoding", b"gzip")], gzip.compress(PAGE))
    document = b"[" + b",".join([b'{"id":123456,"name":"Jansen"}'] * 330) + b"]"
    setting = [(b"set-cookie", b"JSESSIONID=0123456789ABCDEF; Path=/; HttpOnly")]
    print(f"request head {len(REQUEST)} bytes, page {len(PAGE)} bytes; µs")
    for name, work in (
        ("exchange, Content-Length, 1 chunk", conversation(SIZED, 1)),
        ("exchange, Content-Length, 2 chunks", conversation(SIZED, 2)),
        ("exchange, chunked coding, 2 chunks", conversation(CHUNKED, 2)),
        ("exchange, chunked coding, 8 chunks", conversation(CHUNKED, 8)),
        ("decode_content, gzip", lambda: decode_content(zipped)),
        (
            "decode_text, latin-1",
            lambda: decode_text(PAGE, b"text/html;charset=latin1"),
        ),
        ("decode_text, undeclared", lambda: decode_text(PAGE, b"text/html")),
        ("parse_target with a query", lambda: parse_target(exchange.request.target)),
        (
            "parse_target with a parameter",
            lambda: parse_target(b"/b;jsessionid=1"),
        ),
        ("cookies", lambda: cookies(exchange.request.headers)),
        ("set_cookies", lambda: set_cookies(setting, 0.0)),
        ("parse_query, 3 fields", lambda: parse_query(b"user=jansen&pass=%20x&a=b+c")),
        ("parse_json, 10 kB", lambda: parse_json(document)),
    ):
        print(f"{microseconds(work):9.2f}  {name}")


if __name__ == "__main__":
    main()
