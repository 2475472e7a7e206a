"""Who asks what about whom, and why: on record before a command asks the store.

Every command that shows what was recorded of a person, or that changes what answers
rest on, calls ``inquire`` first, or goes through the question service, which does the
same. ``tests/proxy/cli/test_inquiring.py`` holds every command to it.
"""

from __future__ import annotations

import time

import typer

from proxy.app.asked import inquiry_of, record
from proxy.asking.asked import Asked
from proxy.config import Config


def inquire(config: Config, asked: Asked) -> None:
    """Have it on disk.

    Raises:
        UsageError: there is no reason.
        UnavailableError: it cannot be recorded; nothing may be shown.
    """
    trouble = record(config, inquiry_of(asked, time.time_ns()))
    if trouble:
        typer.echo(
            f"whosaw: the inquiry is in {config.asked_directory} and not yet in the "
            f"store: {trouble}",
            err=True,
        )
