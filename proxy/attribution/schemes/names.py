"""Headers under every spelling that some server takes for the same one.

CGI and WSGI hand a header over as ``HTTP_X_REMOTE_USER``: ``X-Remote-User``,
``X_Remote_User`` and, to some, ``X.Remote.User`` all become that variable. A
client that may not send the one may try another.
"""

from __future__ import annotations

import re

from proxy.exchange.model import Headers

_OTHER = re.compile(rb"[^a-z0-9]")


def folded(name: bytes) -> bytes:
    """Spellings that some server takes for one header give one value."""
    return _OTHER.sub(b"_", name.lower())


def folded_values(headers: Headers, wanted: bytes) -> list[tuple[bytes, bytes]]:
    """(name as sent, value) of every header that may be meant by a folded name."""
    return [
        (name, value)
        for name, value in headers
        # Length first: folding keeps it, and almost no header has it.
        if len(name) == len(wanted) and folded(name) == wanted
    ]
