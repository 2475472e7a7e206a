"""The ``ldv`` of a config file: where the lines for citizens are sent."""

from __future__ import annotations

from pathlib import Path

from proxy.config.model import Ldv
from proxy.document import Fields, Problems


def ldv(fields: Fields, base: Path, problems: Problems) -> Ldv | None:
    """The receiver; None: nothing is sent. Mistakes go to ``problems``."""
    node = fields.child("ldv")
    if node is None:
        return None
    with Fields(node, problems) as given:
        token, ca = given.path("token_file", None), given.path("ca", None)
        return Ldv(
            otlp=given.url("otlp"),
            token_file=None if token is None else base / str(token),
            ca=None if ca is None else base / str(ca),
        )
