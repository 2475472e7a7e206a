"""Hostile bodies past a real pipeline, in a process that may not grow.

``python -m tests.support.hostile``: prints one line of JSON per body: its name, what
became of the exchange and the ids that were recorded. Bounds are the product's own
where a body of some MiB reaches them, else shrunk.
"""

from __future__ import annotations

import gzip
import json
import resource
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import brotli
import zstandard

from proxy.attribution.sessions import Sessions
from proxy.events import ExchangeRecorded, ViewRecorded
from proxy.exchange.limits import Limits as ReadingLimits
from proxy.extraction import Settings
from proxy.pipeline import Keys, Pipeline
from proxy.recorder import Limits
from proxy.recorder.assembly import Assembly
from proxy.ruleset import RuleSet, load
from tests.support.frames import Collected, Conversation, hello
from tests.support.pdfs import objects, stream, written

MIB = 1 << 20
MOST_DATA = 256 * MIB
"""Of what reads them: above interpreter, libraries and the bodies themselves."""
MOST_CPU_SECONDS = 60
"""Of all bodies together."""
FRAME = 64 * 1024

RULES = b"""
application: sonar
session: {cookie: SID}
records:
  html: {request: "GET /html", action: list, each: {css: "tr[data-id]"}, subject: {type: c, id: attr.data-id}, required: true}
  xml: {request: "GET /xml", action: list, each: {xpath: "//client"}, subject: {type: c, id: {xpath: "./@id"}}, required: true}
  json: {request: "GET /json", action: list, each: {json: clients}, subject: {type: c, id: json.id}, required: true}
  regex: {request: "GET /regex", action: view, subject: {type: c, id: {regex: '(?:id=(\\d+)+x)+y'}}}
  pdf: {request: "GET /pdf", action: print, subject: {type: c, id: {regex: 'Nr (\\d+)'}}}
  csv: {request: "GET /csv", action: export, each: csv, subject: {type: c, id: column.Nr}}
  jsonl: {request: "GET /jsonl", action: export, each: jsonl, subject: {type: c, id: json.id}}
"""  # noqa: E501
SETTINGS = Settings(rows=2_000, regex_seconds=0.05)
READING = ReadingLimits(streamed=64 * MIB)

BOMB = 256
"""MiB of zeros, packed piece by piece: the limit is for what reads them."""


def _zeros(pack: Callable[[bytes], bytes], finish: Callable[[], bytes]) -> bytes:
    piece = bytes(MIB)
    return b"".join(pack(piece) for _ in range(BOMB)) + finish()


def _zipped_zeros(wbits: int) -> bytes:
    packer = zlib.compressobj(9, wbits=wbits)
    return _zeros(packer.compress, packer.flush)


def _bodies() -> Iterator[tuple[str, str, str, bytes, bytes]]:
    """Name, target, content type, content coding, content."""
    html, xml, csv = "text/html; charset=utf-8", "text/xml", "text/csv"
    js, lines = "application/json", "application/x-ndjson"
    row = b'<table><tr data-id="5"><td>5</table>'
    yield "json nested", "/json", js, b"", b'{"clients":' + b"[" * 2_000_000
    yield "json keys", "/json", js, b"", b"{" + b'"clients":1,' * 300_000 + b'"a":1}'
    yield "json number", "/json", js, b"", b'{"clients": ' + b"9" * 1_000_000 + b"}"
    yield "html nested", "/html", html, b"", b"<div>" * 500_000 + row
    yield (
        "html attributes",
        "/html",
        html,
        b"",
        b"<tr " + b"a=1 " * 300_000 + b">",
    )
    yield "html comments", "/html", html, b"", b"<!--" * 500_000 + row
    yield "xml nested", "/xml", xml, b"", b"<a>" * 200_000
    entities = b"".join(
        b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10)
    )
    bomb = b'<!DOCTYPE a [<!ENTITY l0 "lol">' + entities + b"]><a>&l9;</a>"
    yield "xml entities", "/xml", xml, b"", bomb
    outside = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'
    yield "xml outside", "/xml", xml, b"", outside
    yield "gzip bomb", "/html", html, b"gzip", _zipped_zeros(31)
    yield "deflate bomb", "/csv", csv, b"deflate", _zipped_zeros(15)
    yield "gzip in gzip", "/html", html, b"gzip, gzip", gzip.compress(_zipped_zeros(31))
    broth = brotli.Compressor(quality=5)
    yield "brotli bomb", "/html", html, b"br", _zeros(broth.process, broth.finish)
    zstd = zstandard.ZstdCompressor().compressobj()
    yield "zstd bomb", "/html", html, b"zstd", _zeros(zstd.compress, zstd.flush)
    blank = zlib.compress(b"Nr\n" + b"\n" * (64 * MIB), 9)
    yield "bomb of lines", "/csv", csv, b"deflate", blank
    yield "many codings", "/html", html, b"gzip," * 9, gzip.compress(row)
    yield "lying charset", "/html", "text/html; charset=utf-16", b"", row
    yield "no such charset", "/html", "text/html; charset=utf-7", b"", row
    yield (
        "invalid utf-16",
        "/csv",
        "text/csv; charset=utf-16le",
        b"",
        b"Nr\0\xd8" * 999,
    )
    yield "half utf-16", "/csv", csv, b"", b"\xff\xfeN\0r\0\n\x005\0\n\0\x00\xd8"
    yield "long line csv", "/csv", csv, b"", b"Nr\n5\n" + b"x" * (50 * MIB)
    yield "long line jsonl", "/jsonl", lines, b"", b'{"id":5}\n"' + b"x" * (50 * MIB)
    yield "long line html", "/html", html, b"", row + b"x" * (50 * MIB)
    yield "open quote", "/csv", csv, b"", b'Nr\n5\n"' + b"x\n" * (4 * MIB)
    yield "many rows", "/csv", csv, b"", b"Nr\n" + b"7\n" * (4 * MIB)
    pdf = "application/pdf"
    many = objects([stream(b" " * (2 * MIB)) for _ in range(200)])
    yield "pdf bomb", "/pdf", pdf, b"", written(many)
    dear = objects([stream(b"BT <" + b"41" * 1_900_000 + b"> Tj ET")])
    yield "pdf dear", "/pdf", pdf, b"", written(dear)
    yield "pdf junk", "/pdf", pdf, b"", b"%PDF-1.4\n" + bytes(7 * MIB)
    parts = b"--a\r\n\r\n" * 1_000_000
    yield "many parts", "/html", "multipart/mixed; boundary=a", b"", parts
    yield "runs away", "/regex", html, b"", b"id=1111111111111111111111111111" * 5_000


def _answer(kind: str, coding: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: " + kind.encode() + b"\r\n"
    if coding:
        head += b"Content-Encoding: " + coding + b"\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _lengths() -> Iterator[tuple[str, str, bytes]]:
    """Name, target and answer, of which the length is wrong."""
    row = b'<table><tr data-id="5"><td>5</table>'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    yield "too long a length", "/html", head + b"Content-Length: 999\r\n\r\n" + row
    yield "too short a length", "/html", head + b"Content-Length: 5\r\n\r\n" + row
    yield "two lengths", "/html", head + b"Content-Length: 5, 6\r\n\r\n" + row
    bad = b"Transfer-Encoding: chunked\r\n\r\n24\r\n" + row + b"\r\nzz\r\n"
    yield "chunks that break off", "/html", head + bad


def passed(target: str, answer: bytes) -> dict[str, object]:
    """What becomes of an exchange."""
    ruleset = load(RULES, "hostile.yaml")
    assert isinstance(ruleset, RuleSet), str(ruleset)
    ruleset = replace(ruleset, settings=SETTINGS)
    keys = Keys(session=b"s" * 32, subject=b"p" * 32, subject_key_id=1)
    output = Collected()
    pipeline = Pipeline(ruleset, Sessions(), keys)
    assembly = Assembly({"sonar": pipeline}, output, Limits(reading=READING))
    source = assembly.connected(hello())
    talk = Conversation()
    request = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % target.encode()
    frames = [talk.open(), talk.data(True, request)]
    assembly.feed(source, frames)
    for at in range(0, len(answer), FRAME):
        assembly.feed(source, [talk.data(False, answer[at : at + FRAME])])
    assembly.feed(source, [talk.end()])
    assembly.decisions.drain()
    exchanges = [e for e in output.events if isinstance(e, ExchangeRecorded)]
    views = sum(isinstance(event, ViewRecorded) for event in output.events)
    return {
        "extraction": exchanges[0].extraction.value if exchanges else "",
        "reason": exchanges[0].extraction_reason if exchanges else "",
        "views": views,
        "gaps": [gap.reason for gap in output.gaps()],
        "faults": assembly.figures.faults + pipeline.counters.extraction_failed,
    }


def _data() -> int:
    """Bytes that count for RLIMIT_DATA now."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (kib,) = (line.split()[1] for line in lines if line.startswith("VmData:"))
    return int(kib) * 1024


def main() -> None:
    """All of them, under the kernel's own limits."""
    made = [
        (name, target, _answer(kind, coding, body))
        for name, target, kind, coding, body in _bodies()
    ]
    most = _data() + MOST_DATA
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    used = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + MOST_CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (used, used))
    for name, target, answer in (*made, *_lengths()):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        told = passed(target, answer)
        took = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
        print(json.dumps({"name": name, "cpu": round(took, 3), **told}), flush=True)


if __name__ == "__main__":
    main()
