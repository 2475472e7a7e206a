"""Which account runs this process, as the system and not the environment tells.

The audit subsystem keeps the account somebody logged in with (``loginuid``): it
survives ``su`` and ``sudo``, and only root can change it. Where there is none, as in
a container, the account of the process is all there is.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

LOGIN = Path("/proc/self/loginuid")
_NOBODY = 2**32 - 1
"""Nobody logged in: started by the system."""


def account(login: Path = LOGIN) -> str:
    """Its name; of one who became another: ``joan as root``."""
    runs_as = _name(os.getuid())
    try:
        number = int(login.read_text())
    except (OSError, ValueError):
        number = _NOBODY
    if number == _NOBODY or _name(number) == runs_as:
        return runs_as
    return f"{_name(number)} as {runs_as}"


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return f"uid {number}"
