"""The inside of the process that sends the lines of LDV to their receiver."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any

from proxy.app.lifetime import reporting, stop_on_signal
from proxy.config import Config
from proxy.errors import UsageError, WhosawError
from proxy.journal import JournalReader
from proxy.journal.cursor import LDV
from proxy.journal.locking import Held, lock_file
from proxy.keys import secret
from proxy.ldv.receiver import HttpReceiver
from proxy.ldv.sender import PAUSE_FIRST, Sender

logger = logging.getLogger(__name__)

LAST_SECONDS = 5.0
"""To send what is there at the end; the rest waits for the next start."""


def run(config: Config) -> int:
    """Send until SIGTERM, then what is there.

    Raises:
        UsageError: the config names no receiver, the token is not usable, or
            another process sends for this journal.
    """
    return asyncio.run(_run(config))


def _sender(config: Config) -> tuple[Sender, HttpReceiver]:
    if config.ldv is None:
        raise UsageError(f"{config.file}: no ldv: {{otlp: URL}} in it, nothing to send")
    given = config.ldv
    receiver = HttpReceiver(
        url=given.otlp,
        token=secret(given.token_file) if given.token_file is not None else "",
        ca=None if given.ca is None else str(given.ca),
    )
    directory = config.journal_directory
    reader = JournalReader(directory)
    notes = config.state / "ldv-rejected.jsonl"
    return Sender(reader, receiver, directory / LDV, notes), receiver


async def _run(config: Config) -> int:
    stop = stop_on_signal()
    sender, receiver = _sender(config)
    lock = config.state / "ldv.lock"
    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        held = lock_file(lock)
    except Held as holder:
        raise UsageError(f"process {holder} sends for this journal already") from None

    def figures() -> dict[str, Any]:
        epoch, seq = sender.position
        done = sender.figures
        return {
            "ldv_epoch": epoch,
            "ldv_seq": seq,
            "ldv_lines": done.lines,
            "ldv_rejected": done.rejected,
            "ldv_lost": done.lost,
            "ldv_retries": done.retries,
            "ldv_error": done.error,
        }

    try:
        async with reporting(config.status_directory, "ldv", figures):
            while not stop.is_set():
                pause = await _round(sender)
                if pause:
                    try:
                        async with asyncio.timeout(pause):
                            await stop.wait()
                    except TimeoutError:
                        continue
            try:
                async with asyncio.timeout(LAST_SECONDS):
                    while not await _round(sender):
                        pass
            except TimeoutError:
                logger.info("not everything was sent; it is at the next start")
    finally:
        await receiver.close()
        os.close(held)
    return 0


async def _round(sender: Sender) -> float:
    """A round; what is wrong is told and tried again."""
    try:
        return await sender.round()
    except (WhosawError, OSError) as error:
        sender.figures.error = str(error) or type(error).__name__
    # Fail open: a fault of our own is told and tried again; the journal keeps what
    # was not sent.
    except Exception as error:
        place = type(error).__name__
        sender.figures.error = place
        logger.exception("a round of lines failed")
    return PAUSE_FIRST
