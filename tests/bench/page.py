"""The page every path serves: 10 kB of HTML with 25 records in a table."""

from __future__ import annotations

import random

RECORDS = 25
SIZE = 10_000
ID = r'data-id="(\d{6})"'
"""How both sides find the records: the same expression for all of them."""


def page(seed: int = 1) -> bytes:
    """A result list as an application of 2005 writes it; ``SIZE`` bytes."""
    pick = random.Random(seed)
    rows = []
    for number in range(RECORDS):
        identifier = 900_000 + pick.randrange(50_000)
        rows.append(
            f'<tr class="row{number % 2}" data-id="{identifier}"><td><a href="/client/'
            f'view.do?id={identifier}">Jansen-{number}, A.B.</a></td>'
            f"<td>0{number % 9 + 1}-05-19{50 + number}</td><td>Kerkstraat {number * 3 + 1}</td><td>3511 AB "
            "Utrecht</td><td>in behandeling</td></tr>\n"
        )
    head = (
        "<html><head><title>Zoekresultaat</title></head><body>\n"
        '<div id="topbar">Ingelogd als <b class="user">j.jansen</b></div>\n'
        '<table id="results">\n'
    )
    tail = "</table>\n</body></html>\n"
    body = head + "".join(rows) + tail
    filler = "<!-- " + "opvulling " * ((SIZE - len(body) - 9) // 10)
    body = head + "".join(rows) + "</table>\n" + filler
    body = body[: SIZE - 22] + " -->\n</body></html>\n"
    return body.ljust(SIZE).encode("latin-1")
