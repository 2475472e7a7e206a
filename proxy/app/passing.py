"""Has a wire's link observe nothing while the operator says so (``proxy.bypass``)."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from proxy import bypass
from proxy.taplink import TapLink

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
"""Between two looks: at once, for a person."""


class Passing:
    """What the operator says, as far as this wire knows."""

    def __init__(self, state: Path, link: TapLink) -> None:
        self.told = ""
        """Who and why; empty: everything is observed."""
        self._state = state
        self._link = link

    def look(self) -> None:
        """Do as the file says now."""
        found = bypass.read(self._state)
        told = "" if found is None else found.told
        if told == self.told:
            return
        self.told = told
        self._link.bypass(told)
        if told:
            logger.warning("connections are relayed unrecorded: %s", told)
        else:
            logger.info("new connections are recorded again")

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()
