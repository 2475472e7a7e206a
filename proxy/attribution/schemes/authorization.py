"""The Authorization header: whose it is, and where it proves anything.

A server that does not ask for credentials does not look at them: a 200 to a
request with an invented Authorization header proves nothing. It counts only
where the application asks: on addresses the rule set says are protected, or,
when it says none, at and below an address where a challenge of the scheme and
realm was seen. (RFC 7617 2.2 lets *clients* send credentials to everything
beside the challenged address as well; whether the server looks at them there
is not known.) A target servers may read in two ways is not protected.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from proxy.attribution.asked import Asked
from proxy.attribution.schemes.challenges import challenges
from proxy.attribution.spec import StatusIn
from proxy.exchange.model import Request, Response
from proxy.exchange.patterns import RequestPattern

MAX_CHALLENGED = 1024
"""Addresses remembered as challenged; an application has a few, and the one
longest unused goes: its requests are nameless until the next challenge."""
MAX_PATH = 1024
"""Characters of such an address."""

LOOKED_AT = StatusIn(200, 399)
"""Answers that show the credentials were looked at. What is wrong with the
request (400, 413, 431), with the address it comes from (403) or with the server
(5xx) may be said before: Apache checks ``Require ip`` first, IIS filters with
404. Such answers show no client, so their name is not missed."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What stands after the scheme's word; a secret."""

    text: bytes = field(repr=False)
    reason: str = ""


def credentials(request: Request, word: bytes) -> Credentials | None:
    """Of the Authorization header with this scheme (lower case), or None.

    Several headers: servers differ in which one counts (``ambiguous``).
    """
    values = request.get_all(b"authorization")
    mine = [value for value in values if _word(value) == word]
    if not mine:
        return None
    if len(values) > 1:
        return Credentials(b"", "ambiguous")
    return Credentials(mine[0][len(word) :].strip())


def _word(value: bytes) -> bytes:
    return (value[:32].split(None, 1) or [b""])[0].lower()


class Protected:
    """Where credentials of one scheme are looked at."""

    def __init__(
        self,
        word: bytes,
        realm: str | None,
        patterns: Sequence[RequestPattern],
        *,
        most: int = MAX_CHALLENGED,
    ) -> None:
        self._word = word
        self._realm = None if realm is None else realm.encode()
        self._patterns = patterns
        self._most = most
        self._challenged: OrderedDict[str, None] = OrderedDict()
        self.evicted = 0
        """Challenged addresses that were pushed out."""

    def __len__(self) -> int:
        return len(self._challenged)

    def covers(self, asked: Asked) -> bool:
        """Whether the application looks at this request's credentials."""
        if asked.target.odd:
            return False
        if self._patterns:
            return any(
                pattern.match(asked.method, asked.path) is not None
                for pattern in self._patterns
            )
        path = asked.path
        while path:
            if path in self._challenged:
                self._challenged.move_to_end(path)
                return True
            # "/a/b/" is below "/a/b/" and "/a/b" and "/a/" and "/a" and "/".
            path = path[:-1] if path.endswith("/") else path[: path.rfind("/") + 1]
        return False

    def learn(self, asked: Asked, response: Response) -> None:
        """Take note of a challenge."""
        path = asked.path
        if self._patterns or asked.target.odd or response.status != 401:
            return
        if not path.startswith("/") or len(path) > MAX_PATH:
            return
        for challenge in challenges(response):
            realm = challenge.get(b"realm")
            if challenge.scheme == self._word and self._is_ours(realm):
                self._challenged[path] = None
                self._challenged.move_to_end(path)
        if len(self._challenged) > self._most:
            self._challenged.popitem(last=False)
            self.evicted += 1

    def _is_ours(self, realm: bytes | None) -> bool:
        return self._realm is None or realm == self._realm
