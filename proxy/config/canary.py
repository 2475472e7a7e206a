"""The ``canary`` of a config file: a test account that opens a test client."""

from __future__ import annotations

from pathlib import Path

from proxy.config.model import Application, Canary
from proxy.document import Fields, Kind, Node, Problems

EVERY = 900.0
"""A quarter of an hour: a sidecar that records nothing is noticed the same hour."""
WITHIN = 60.0
"""Far more than a store that is there needs, and less than anybody waits to ask."""


def canary(
    fields: Fields,
    base: Path,
    applications: tuple[Application, ...],
    problems: Problems,
) -> Canary | None:
    """Who logs in and what is opened; None: nobody. Mistakes go to ``problems``."""
    node = fields.child("canary")
    if node is None:
        return None
    with Fields(node, problems) as given:
        application = given.text("application")
        names = [each.name for each in applications]
        if application and application not in names:
            given.wrong(node, "no such application", " or ".join(names))
        ca = given.path("ca", None)
        return Canary(
            application=application,
            url=given.url("url", None),
            ca=base / str(ca) if ca is not None else None,
            login=_path(given, given.text("login"), given.child("login")),
            fields=_texts(given, given.entries("fields", required=True)),
            password_field=given.text("password_field", "password"),
            password_file=base / str(given.path("password_file")),
            page=_path(given, given.text("page"), given.child("page")),
            subject_type=given.text("type", "client"),
            client=given.text("client"),
            account=given.text("account"),
            every=given.duration("every", EVERY, least=1.0, most=86_400.0),
            within=given.duration("within", WITHIN, least=0.1, most=3_600.0),
        )


def _path(given: Fields, found: str, node: Node | None) -> str:
    if node is not None and not found.startswith("/"):
        given.wrong(node, "not a path of the application", "/…")
    return found


def _texts(
    given: Fields, entries: tuple[tuple[str, Node], ...]
) -> tuple[tuple[str, str], ...]:
    found = []
    for name, node in entries:
        if node.kind is Kind.SCALAR:
            found.append((name, node.text))
        else:
            given.wrong(node, f"{node.kind.value} stands here", "text")
    return tuple(found)
