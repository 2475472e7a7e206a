"""Which event loop a role runs on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

EAGER_TASKS = sys.version_info >= (3, 13)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the loop: uvloop where it works, else asyncio's own.

    uvloop breaks on Python 3.13 with tasks that start eagerly, which mitmproxy
    does there.
    """
    if not EAGER_TASKS:
        try:
            import uvloop
        except ImportError:
            return asyncio.new_event_loop
        return uvloop.new_event_loop
    return asyncio.new_event_loop
