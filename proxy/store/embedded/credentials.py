"""The users of an embedded store that was told none.

The first start writes ``credentials.json`` (mode 0600) into the store's
directory: ``{"whosaw": "…", "reader": "…"}``, random passwords of 128 bits.
Later starts read it. Losing the file loses nothing else: delete it and start.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from proxy.errors import UsageError
from proxy.store.embedded.settings import User

FILE = "credentials.json"
WRITER = "whosaw"
READER = "reader"


def load(directory: Path) -> tuple[User, User]:
    """Writer and reader of this store, made on the first call.

    Raises:
        UsageError: the file is there and is not what was written.
    """
    path = directory / FILE
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        made = {WRITER: secrets.token_urlsafe(16), READER: secrets.token_urlsafe(16)}
        with os.fdopen(descriptor, "w") as file:
            json.dump(made, file)
            file.flush()
            os.fsync(descriptor)
    try:
        read = json.loads(path.read_text())
        return (
            User(WRITER, str(read[WRITER]), writes=True),
            User(READER, str(read[READER])),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}: expected the passwords of {WRITER} and {READER}; "
            "remove the file to have new ones made"
        ) from error
