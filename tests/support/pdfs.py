"""PDF files written by hand: pages of lines, and the objects to spoil them with."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

Objects = Mapping[int, bytes]
"""Number → what stands between ``obj`` and ``endobj``; 1 is the catalogue."""
_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def stream(data: bytes, entries: bytes = b"", *, packed: bool = True) -> bytes:
    """A stream object, by default compressed as writers do."""
    if packed:
        data, entries = zlib.compress(data), entries + b"/Filter/FlateDecode"
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def shown(lines: Sequence[str]) -> bytes:
    """The content of a page that shows these lines, in windows-1252."""
    written = []
    for line in lines:
        text = line.encode("cp1252")
        for special in (b"\\", b"(", b")"):
            text = text.replace(special, b"\\" + special)
        written.append(b"(%s) Tj T*" % text)
    return b"BT /F1 11 Tf 14 TL 40 800 Td\n%s\nET" % b"\n".join(written)


def objects(contents: Sequence[bytes]) -> dict[int, bytes]:
    """A document of pages with these content streams."""
    found = {1: b"<</Type/Catalog/Pages 2 0 R>>", 3: _FONT}
    kids = []
    for index, content in enumerate(contents):
        page = 4 + 2 * index
        kids.append(b"%d 0 R" % page)
        found[page] = (
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]"
            b"/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>" % (page + 1)
        )
        found[page + 1] = content
    found[2] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids))
    return found


def written(found: Objects) -> bytes:
    """The file: objects, their table, and where it begins."""
    file = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = {}
    for number, body in sorted(found.items()):
        places[number] = len(file)
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(file)
    size = max(found) + 1
    file += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        kind = b"n" if number in places else b"f"
        file += b"%010d 00000 %s \n" % (places.get(number, 0), kind)
    return (
        bytes(file + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n" % (size, table))
        + b"%%EOF\n"
    )


def pdf(*pages: Sequence[str]) -> bytes:
    """A file whose pages show these lines."""
    return written(objects([stream(shown(lines)) for lines in pages]))
