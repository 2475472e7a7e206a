"""How a fault of our own is told: what and where, never its message.

The message of an exception raised while bytes pass may quote them, and those
bytes may be a password. Type and place are what a maintainer needs.
"""

from __future__ import annotations

import traceback


def origin(error: BaseException) -> str:
    """``KeyError at tap.py:17 in data``."""
    frames = traceback.extract_tb(error.__traceback__)
    name = type(error).__name__
    if not frames:
        return name
    last = frames[-1]
    file = last.filename.rpartition("/")[2]
    return f"{name} at {file}:{last.lineno} in {last.name}"
