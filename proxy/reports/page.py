"""A report as one HTML page that needs nothing else: no script, no font, no host.

Every value is escaped by the template engine (autoescape, strict about names); the
page forbids itself anything but its own styles. It can be read by a screen reader
(landmarks, captions, scopes of headers), printed, and on a narrow screen.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from proxy.reports.month import Month
from proxy.reports.shown import Shown


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("proxy.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def page(shown: Shown) -> str:
    """A client's report."""
    return _template("client.html").render(
        it=shown,
        words=shown.words,
        title=shown.words[f"{shown.audience.value}_title"],
        head=shown.head,
        language=shown.language.value,
    )


def month_page(month: Month) -> str:
    """The document of a month."""
    return _template("month.html").render(
        it=month, title=month.title, head=month.head, language="en"
    )
