"""Requests with an identity in their headers, and what a scheme makes of them."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from proxy.attribution.asked import Asked
from proxy.attribution.materials import NOTHING, Materials
from proxy.attribution.schemes.accompanying import Accompanying, Claim, Peer
from proxy.attribution.schemes.registry import accompanying_of
from proxy.attribution.spec import Identity
from proxy.exchange.model import Request, Response

HERE = Peer("192.0.2.7", 1, 1)
"""Somebody at his desk."""


def request(
    target: str, *headers: tuple[str, str | bytes], method: str = "GET", at: int = 0
) -> Request:
    """A request with these headers, names as the parser gives them."""
    made = Request(method=method.encode(), target=target.encode(), start_ns=at)
    for name, value in headers:
        text = value if isinstance(value, bytes) else value.encode()
        made.headers.append((name.lower().encode(), text))
    return made


def basic(user: str | bytes, password: str = "hush") -> str:
    """The value of an Authorization header."""
    user = user if isinstance(user, bytes) else user.encode()
    return "Basic " + base64.b64encode(user + b":" + password.encode()).decode()


def challenge(*values: str, status: int = 401) -> Response:
    """An answer that asks for credentials."""
    made = Response(status=status)
    made.headers += [(b"www-authenticate", value.encode()) for value in values]
    return made


@dataclass(slots=True)
class Reading:
    """One scheme, asked about requests."""

    scheme: Accompanying

    @classmethod
    def of(cls, identity: Identity, materials: Materials = NOTHING) -> Reading:
        """The scheme of an identity."""
        return cls(accompanying_of(identity, materials))

    def claim(self, asked: Request, peer: Peer = HERE) -> Claim | None:
        """What the request claims."""
        return self.scheme.claim(Asked(asked), peer)

    def said(self, asked: Request, peer: Peer = HERE) -> str | None:
        """The name, or in angle brackets why there is none; None without a claim."""
        found = self.claim(asked, peer)
        if found is None:
            return None
        assert bool(found.name) != bool(found.reason)
        return found.name or f"<{found.reason}>"

    def challenged(self, target: str, *values: str, status: int = 401) -> None:
        """The application refused this target and asked."""
        response = challenge(*values, status=status)
        self.scheme.challenged(Asked(request(target)), response)
