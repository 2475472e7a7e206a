"""The inquiry of a command that asks the store itself, on disk before it asks.

Whoever may read the key file and the store's password needs no question service: the
operator on the sidecar's host. Then the account of the system is who asks, and the
inquiry is committed to a journal of these commands (``STATE/asked``, the node
``NODE-asked``), sealed and brought to the store by the command itself. The journal has
one writer; commands wait for each other, a fraction of a second each.

Failure modes: ``UsageError`` without a reason; ``UnavailableError`` when the inquiry
cannot be committed, and then there is no answer. A store that takes no inquiries (it
is away, or this user may not write there) is told, and no obstacle: the inquiry is on
disk and goes along with the next one. Root does all of it as the owner of the state
directory.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 - loaded by whoever asks, not by the state's owner
import secrets
import time
from collections.abc import Callable

from proxy.app.access import store_client
from proxy.app.account import account
from proxy.app.inquiries import Inquiries
from proxy.asking.asked import Asked
from proxy.asking.model import MOST_REASON
from proxy.config import Config
from proxy.errors import UnavailableError, UsageError, WhosawError
from proxy.events.custody import InquiryRecorded
from proxy.journal.model import JournalBusy
from proxy.ownership import as_owner_of
from proxy.seal_key import load

PATIENCE = 20.0
"""Seconds to wait for other commands; one takes a fraction of one."""
_LOOK = 0.02
ADDRESS = "this host"
"""Where it was asked from: no network was between."""


def node_of(config: Config) -> str:
    """The name its rows carry: no sidecar's, and no question service's."""
    return f"{config.node}-asked"


def person() -> str:
    """Who asks; the prefix keeps accounts of a host from people of the service."""
    return f"account {account()}"


def inquiry_of(asked: Asked, now_ns: int) -> InquiryRecorded:
    """What is recorded of it."""
    return asked.inquiry(
        inquiry=secrets.token_hex(16), person=person(), address=ADDRESS, now_ns=now_ns
    )


def check_reason(reason: str) -> None:
    """Make sure that there is one.

    Raises:
        UsageError: there is none, or it is too long.
    """
    if not reason.strip():
        raise UsageError("--reason is missing: who asks what, and why, is recorded")
    if len(reason) > MOST_REASON:
        raise UsageError(f"--reason: {len(reason)} characters; {MOST_REASON} at most")


def record(config: Config, inquiry: InquiryRecorded) -> str:
    """Have it on disk; why it is not in the store yet, or nothing.

    Raises:
        UsageError: it has no reason; the store's password or the key of seals cannot
            be read.
        UnavailableError: it is not on disk.
    """
    check_reason(inquiry.reason)
    store = store_client(config)
    key = config.seals.key
    # A key made here would sign seals that nobody's public key verifies.
    signing = load(key) if config.seals.enabled and key.exists() else None
    try:
        with as_owner_of(config.state):
            inquiries = _opened(
                lambda: Inquiries(
                    config.asked_directory, node_of(config), store, signing
                )
            )
            try:
                inquiries.record(inquiry)
                if config.seals.enabled and signing is None:
                    # Rows of a node without a seal are what a verification looks for.
                    return f"there is no seal key {key} to seal it with"
                trouble = inquiries.ship()
                inquiries.seal()
            finally:
                inquiries.close()
    except (WhosawError, OSError) as error:
        raise UnavailableError(
            f"the inquiry cannot be recorded, so there is no answer: {error}"
        ) from error
    finally:
        store.close()
    return trouble or inquiries.error


def _opened(make: Callable[[], Inquiries]) -> Inquiries:
    """The journal, once other commands are done with it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return make()
        except JournalBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOOK)
