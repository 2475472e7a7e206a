"""The two pages every path serves: a client's own page and a result list.

Both are ``SIZE`` bytes of HTML as an application of 2005 writes it. The client
page shows one record, which is what an advisor opens all day; the list shows
``ROWS`` of them, so that the price of a record can be told from the price of
an exchange.
"""

from __future__ import annotations

import random

SIZE = 10_000
ROWS = 25
ID = r'data-id="(\d{6})"'
"""How every path finds the records: one expression for all of them."""
CLIENT_PATH = "/client/view.do?id=900123"
LIST_PATH = "/clients?q=jansen"

_HEAD = (
    "<html><head><title>{title}</title></head><body>\n"
    '<div id="topbar">Ingelogd als <b class="user">j.jansen</b></div>\n'
)
_TAIL = "</table>\n</body></html>\n"


def _row(number: int, identifier: int) -> str:
    return (
        f'<tr class="row{number % 2}" data-id="{identifier}">'
        f'<td><a href="/client/view.do?id={identifier}">Jansen-{number}, A.B.</a></td>'
        f"<td>0{number % 9 + 1}-05-19{50 + number}</td>"
        f"<td>Kerkstraat {number * 3 + 1}</td><td>3511 AB Utrecht</td>"
        "<td>in behandeling</td></tr>\n"
    )


def client_page() -> bytes:
    """One client's page: a table of fields, one record id."""
    fields = "".join(
        f'<tr><td class="label">Veld {number}</td>'
        f'<td class="value">waarde {number * 7 % 97}</td></tr>\n'
        for number in range(130)
    )
    head = _HEAD.format(title="Client") + '<table id="client" data-id="900123">\n'
    return _fill(head + fields)


def list_page(seed: int = 1) -> bytes:
    """A result list with ``ROWS`` records."""
    pick = random.Random(seed)
    rows = "".join(_row(n, 900_000 + pick.randrange(50_000)) for n in range(ROWS))
    return _fill(_HEAD.format(title="Lijst") + '<table id="results">\n' + rows)


def _fill(start: str) -> bytes:
    """Close the page and bring it to ``SIZE`` bytes with a comment."""
    room = SIZE - len(start) - len(_TAIL) - len("<!--  -->\n")
    assert room >= 0, room
    filler = ("opvulling " * (room // 10 + 1))[:room]
    return (start + f"<!-- {filler} -->\n" + _TAIL).encode("latin-1")
