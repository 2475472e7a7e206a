"""Who asks: the credentials of a request against the users of the store.

As ClickHouse reads them: the ``X-ClickHouse-*`` headers, else Basic, else the URL
parameters. Compared in constant time; an unknown user costs the same as a wrong
password, and both get the same answer. Nothing of them is ever logged. Pure.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from collections.abc import Mapping

from proxy.store.embedded.errors import AUTHENTICATION_FAILED, refused
from proxy.store.embedded.settings import User

_NOBODY = User("", "", writes=False)


def authenticate(
    headers: Mapping[str, str], parameters: Mapping[str, str], users: Mapping[str, User]
) -> User:
    """The user of these credentials.

    Raises:
        QueryFailed: code 516, whatever was wrong.
    """
    name, password = _given(headers, parameters)
    user = users.get(name, _NOBODY)
    same = hmac.compare_digest(user.password.encode(), password.encode())
    if not same or user is _NOBODY or not user.password:
        raise refused(
            AUTHENTICATION_FAILED,
            "Authentication failed: password is incorrect, or there is no such user",
            "AUTHENTICATION_FAILED",
        )
    return user


def _given(
    headers: Mapping[str, str], parameters: Mapping[str, str]
) -> tuple[str, str]:
    if "X-ClickHouse-User" in headers:
        return headers["X-ClickHouse-User"], headers.get("X-ClickHouse-Key", "")
    scheme, _, value = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            text = b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        name, _, password = text.partition(":")
        return name, password
    return parameters.get("user", ""), parameters.get("password", "")
