"""The pages of docs/cookbook as exchanges with what they show.

A page has one ``yaml`` block, then groups of three blocks: ``http`` (request),
``http`` (response), ``found``. A line of ``found`` is a status with its reason,
then one line per subject: rule, type, id, action, categories.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from proxy.exchange.model import Exchange, Headers, Request, Response

COOKBOOK = Path(__file__).parents[2] / "docs" / "cookbook"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)\n```$", re.DOTALL | re.MULTILINE)


class Example(NamedTuple):
    """One exchange of a page, and what the page says about it."""

    exchange: Exchange
    found: list[str]


class Page(NamedTuple):
    """One page."""

    rules: str
    examples: list[Example]


def page(name: str) -> Page:
    """The page of a dialect."""
    text = (COOKBOOK / f"{name}.md").read_text()
    blocks = _BLOCK.findall(text)
    rules = next(body for kind, body in blocks if kind == "yaml")
    rest = [body for kind, body in blocks if kind in ("http", "found")]
    examples = [
        Example(exchange(rest[index], rest[index + 1]), rest[index + 2].split("\n"))
        for index in range(0, len(rest), 3)
    ]
    return Page(rules, examples)


def exchange(asked: str, answered: str) -> Exchange:
    """An exchange from the text of both messages."""
    line, headers, body = _message(asked)
    method, target, _ = line.split(" ")
    request = Request(
        method=method.encode(), target=target.encode(), headers=headers, body=body
    )
    line, headers, body = _message(answered)
    status = int(line.split(" ")[1])
    response = Response(
        status=status, headers=headers, body=body, content_length=len(body)
    )
    return Exchange(request, response)


def _message(text: str) -> tuple[str, Headers, bytes]:
    head, _, body = text.partition("\n\n")
    first, *lines = head.strip().split("\n")
    headers = []
    for line in lines:
        name, _, value = line.partition(":")
        headers.append((name.strip().lower().encode(), value.strip().encode()))
    return first, headers, body.encode()
