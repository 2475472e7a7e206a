"""Who asks what about whom, and why: on record before a command asks the store.

Every command that shows what was recorded of a person, or that changes what answers
rest on, calls ``inquire`` first, or goes through the question service, which does the
same. ``tests/proxy/cli/test_inquiring.py`` holds every command to it.
"""

from __future__ import annotations

import time

import typer

from proxy.app.asked import Asked, record
from proxy.config import Config
from proxy.events.custody import InquiryRecorded


def inquire(config: Config, asked: Asked) -> None:
    """Have it on disk.

    Raises:
        UsageError: there is no reason.
        UnavailableError: it cannot be recorded; nothing may be shown.
    """
    tell(config, asked.inquiry(time.time_ns()))


def tell(config: Config, inquiry: InquiryRecorded) -> None:
    """The same of an inquiry that stands already."""
    trouble = record(config, inquiry)
    if trouble:
        typer.echo(
            f"whosaw: the inquiry is in {config.asked_directory} and not yet in the "
            f"store: {trouble}",
            err=True,
        )
