"""A report in a file: new, and its owner's only, since it is about people."""

from __future__ import annotations

import os
from pathlib import Path

from proxy.errors import UsageError


def save(out: Path, text: str) -> None:
    """Make the file.

    Raises:
        UsageError: it is there already, or cannot be made.
    """
    try:
        made = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"--out {out}: it is there already") from error
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror}") from error
