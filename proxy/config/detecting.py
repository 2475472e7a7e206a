"""The ``detections`` of a config file: thresholds, schedule, review term, push."""

from __future__ import annotations

from pathlib import Path

from proxy.config.model import Detecting, Push, PushKind
from proxy.document import Fields, Node, Problems

EVERY = 3600.0
"""An event is told within the hour; a question of the day costs seconds."""
REVIEW_WITHIN = 5 * 86_400.0
"""A working week: what most organisations agree on."""


def detecting(fields: Fields, base: Path, problems: Problems) -> Detecting | None:
    """How detections are run; None: not on a schedule. Mistakes go to ``problems``."""
    node = fields.child("detections")
    if node is None:
        return None
    with Fields(node, problems) as given:
        thresholds = given.path("thresholds", None)
        file = base / str(thresholds) if thresholds is not None else None
        named = given.child("thresholds")
        if file is not None and named is not None and not file.is_file():
            given.wrong(named, "there is no such file", str(file))
        pushed = given.child("push")
        return Detecting(
            thresholds=file,
            every=given.duration("every", EVERY, least=1.0, most=86_400.0),
            review_within=given.duration("review_within", REVIEW_WITHIN, least=3_600.0),
            push=None if pushed is None else _push(pushed, base, problems),
        )


def _push(node: Node, base: Path, problems: Problems) -> Push | None:
    with Fields(node, problems) as given:
        http = given.url("http", None)
        syslog = given.address("syslog", None)
        token = given.path("token_file", None)
        if (http is None) == (syslog is None):
            given.wrong(node, "not one receiver", "either http or syslog")
            return None
        if http is not None:
            return Push(
                kind=PushKind.HTTP,
                url=http,
                address=None,
                token_file=base / str(token) if token is not None else None,
            )
        return Push(kind=PushKind.SYSLOG, url="", address=syslog, token_file=None)
