"""``python -m tests.bench.bench_extraction``: µs of CPU per 10 kB response.

Matching and extraction as the pipeline calls them, beside what they may take, and
with the cost of the parts that are not ours (the search, the parse). Also part
``extraction`` of ``make bench``.
"""

from __future__ import annotations

import json
import re
import time
import timeit
from collections.abc import Callable
from typing import NamedTuple

from proxy.exchange.model import Exchange
from proxy.extraction.bodies.markup import read_markup
from proxy.extraction.bodies.tree import read_json
from proxy.ruleset import RuleSet
from tests.bench import dialect_pages
from tests.support.pages import exchange, rules

RULES = rules(
    """\
  detail: {request: "GET /client/{id}", action: view, subject: {type: c, id: path.id}, data: {contact: {css: "#address"}, health: {css: "#medical"}}}
  regex: {request: "GET /regex", action: list, subject: {type: c, id: {regex: 'data-id="(\\d+)"'}}}
  bounded: {request: "GET /bounded", action: list, subject: {type: c, id: {regex: '(?:data-id|nr)="(\\d+)"'}}}
  css: {request: "GET /css", action: list, each: {css: "table#results tr[data-id]"}, subject: {type: c, id: attr.data-id}}
  xpath: {request: "GET /xpath", action: list, each: {xpath: "//table[@id='results']//tr[@data-id]"}, subject: {type: c, id: attr.data-id}}
  links: {request: "GET /links", action: list, each: {css: "#results a[href]"}, subject: {type: c, id: {attr: href, regex: 'id=(\\d+)'}}}
  json: {request: "GET /json", action: list, each: {json: clients}, subject: {type: c, id: json.id}}
  json_one: {request: "GET /json_one", action: view, subject: {type: c, id: {json: "clients[0].id"}}}
  csv: {request: "GET /csv", action: export, each: csv, subject: {type: c, id: column.Nr}}
ignore: ["/static/**", "*.css"]
"""  # noqa: E501
)
ROWS = "".join(
    f'<tr data-id="{900000 + i}" class="row{i % 2}"><td><a href="/client/view.do?id='
    f'{900000 + i}">Jansen, P.{i}</a></td><td>12-03-19{i % 90 + 10}</td>'
    f"<td>Straatweg {i}</td><td>Utrecht</td></tr>\n"
    for i in range(64)
)
TABLE = (
    '<html><body><div id=top><b>j.jansen</b></div><table id="results">'
    f"<tr><th>a<th>b</tr>{ROWS}</table><div id=address>x</div></body></html>"
)
ONE = TABLE.replace("data-id", "x").replace("<table", '<p data-id="900123"><table')
CLIENTS = json.dumps(
    {
        "clients": [
            {"id": 900000 + i, "naam": f"Jansen {i}", "adres": f"Straatweg {i}",
             "geboren": "1990-01-01", "codes": [1, 2, 3], "notitie": "x" * 22}
            for i in range(80)
        ]
    }
)  # fmt: skip
EXPORT = "Nr;Naam;Adres\n" + "".join(
    f"{900000 + i};Jansen {i};Straat {i}, 3500 AA Utrecht\n" for i in range(220)
)
HTML = "text/html; charset=ISO-8859-1"
CASES: dict[str, Exchange] = {
    "CSS, two categories; id in the path": exchange("/client/900123", TABLE, HTML),
    "regex, one id": exchange("/regex", ONE, HTML),
    "regex, 64 ids": exchange("/regex", TABLE, HTML),
    "regex with time limit, 64 ids": exchange("/bounded", TABLE, HTML),
    "CSS, 64 rows by attribute": exchange("/css", TABLE, HTML),
    "CSS, 64 links by regex": exchange("/links", TABLE, HTML),
    "XPath, 64 rows by attribute": exchange("/xpath", TABLE, HTML),
    "JSON, one id": exchange("/json_one", CLIENTS, "application/json"),
    "JSON, 80 rows": exchange("/json", CLIENTS, "application/json"),
    "CSV, 220 rows": exchange("/csv", EXPORT, "text/csv"),
}
ASIDE: dict[str, Exchange] = {
    "ignored": exchange("/static/x.css", TABLE, "text/css"),
    "not allowed (403)": exchange("/client/900123", "x", HTML, status=403),
    "unmapped, searched for a BSN": exchange("/other", TABLE, HTML),
}


class Figure(NamedTuple):
    """What reading one response cost."""

    took: float
    """µs of CPU."""
    subjects: int
    aim: int
    """µs it may take; 0: none is set."""


def aim_of(name: str) -> int:
    """What a response may cost, by how it is searched."""
    for word, aim in (("regex", 150), ("JSON", 150), ("CSS", 500), ("XPath", 500)):
        if name.startswith(word):
            return aim
    return 0


def microseconds(function: Callable[[], object]) -> float:
    """Least CPU time of one call."""
    repeats = timeit.repeat(function, number=20, repeat=40, timer=time.process_time)
    return min(repeats) / 20 * 1e6


def measure(ruleset: RuleSet, cases: dict[str, Exchange]) -> dict[str, Figure]:
    """The cost of each case."""
    figures = {}
    for name, answer in cases.items():
        found = len(ruleset.read(answer).extracted.subjects)
        took = microseconds(lambda answer=answer: ruleset.read(answer))  # type: ignore[misc] # bound per case
        figures[name] = Figure(took, found, aim_of(name))
    return figures


def main() -> None:
    """Print the table."""
    print("µs CPU  at most  subjects  match and extract, 10 kB response")
    figures = measure(RULES, CASES) | measure(dialect_pages.RULES, dialect_pages.CASES)
    for name, (took, found, aim) in (figures | measure(RULES, ASIDE)).items():
        print(f"{took:6.0f}  {aim or '':>7}  {found:8}  {name}")
    table = CASES["CSS, 64 rows by attribute"]
    clients = CASES["JSON, 80 rows"]
    pattern = re.compile(r'data-id="(\d+)"', re.ASCII)
    print("of which")
    for part, function in {
        "decoding the text": lambda: RULES.view(table).text,
        "the regex search, 64 ids": lambda: pattern.findall(TABLE),
        "decoding and parsing HTML": lambda: read_markup(RULES.view(table)),
        "decoding and parsing JSON": lambda: read_json(RULES.view(clients)),
    }.items():
        print(f"{microseconds(function):6.0f}                     {part}")
    over = [name for name, each in figures.items() if each.aim and each.took > each.aim]
    print(f"above what they may take: {', '.join(over) or 'none'}")


if __name__ == "__main__":
    main()
