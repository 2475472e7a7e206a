"""Account names out of bytes: one place decides what is usable as a name."""

from __future__ import annotations

from proxy.attribution.schemes.base import MAX_NAME
from proxy.attribution.specs.headers import NameCharset


def account_name(data: bytes, charset: NameCharset) -> tuple[str, str]:
    """Name and, without one, the reason.

    ``anonymous`` nothing stands there; ``undecodable_name`` not text of the
    stated charset; ``unusable_name`` longer than any account, with control
    characters, or with white space around it, which one server takes off and
    another does not.
    """
    if not data.strip():
        return "", "anonymous"
    name = _decoded(data, charset)
    if name is None:
        return "", "undecodable_name"
    return checked_name(name)


def checked_name(name: str) -> tuple[str, str]:
    """The same for text."""
    if not name.strip():
        return "", "anonymous"
    if len(name) > MAX_NAME or not name.isprintable() or name != name.strip():
        return "", "unusable_name"
    return name, ""


def _decoded(data: bytes, charset: NameCharset) -> str | None:
    if charset is not NameCharset.LATIN_1:
        try:
            return data.decode()
        except UnicodeDecodeError:
            if charset is NameCharset.UTF_8:
                return None
    return data.decode("latin-1")
