"""Whether a server refuses what each role must not do: asked of the server itself.

Grants are words until somebody tries. Every statement of ``forbidden`` is run as a
user with that role, over plain HTTP of its own, so that nothing a client library does
by itself is in the way. Only the code of the answer is read, never a row.

Failure modes: findings. A server that does not answer is one, and so is an error that
is no refusal: nothing is known then.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from proxy.doctor.finding import Finding, Grade
from proxy.doctor.forbidden import CAN, FORBIDDEN, Forbidden
from proxy.errors import UsageError
from proxy.store.roles import StoreUser

PATIENCE = 30.0
"""Seconds for one answer; each asks for no row."""
REFUSALS = frozenset({164, 291, 392, 452, 497})
"""READONLY, DATABASE_ACCESS_DENIED, QUERY_IS_PROHIBITED, SETTING_CONSTRAINT_VIOLATION,
ACCESS_DENIED: codes by which a server says that somebody may not."""
_NO_ENTRY = frozenset({192, 193, 194, 516})


class _Answer(NamedTuple):
    code: int
    """Of the server; 0: it was done."""
    trouble: str = ""
    """Why there is no answer."""


def roles(url: str, database: str, users: Sequence[StoreUser]) -> Iterator[Finding]:
    """What each user may, beside what his role says.

    Args:
        url: of the server, http or https.
        database: with the schema.
        users: one of each role that is looked at.

    Raises:
        UsageError: no such URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"--store {url[:80]}: expected http://HOST:PORT or https://…")
    for user in users:
        role = user.role
        can = _ask(url, database, user, CAN[role])
        if can.code or can.trouble:
            yield _unfit(user, can)
            continue
        for each in FORBIDDEN[role]:
            yield _judged(user, each, _ask(url, database, user, each.sql))
            if each.undo:
                _ask(url, database, user, each.undo)


def _unfit(user: StoreUser, answer: _Answer) -> Finding:
    entered = answer.code not in _NO_ENTRY
    said = answer.trouble or (
        f"cannot even do what its role is for (code {answer.code})"
        if entered
        else "is not let in: wrong password, or no such user"
    )
    return Finding(
        check="roles",
        about=f"{user.role.value} {user.name}",
        grade=Grade.REFUSED,
        said=said,
        do="run: whosaw migrate --roles --user NAME=ROLE:FILE",
    )


def _judged(user: StoreUser, each: Forbidden, answer: _Answer) -> Finding:
    about = f"{user.role.value} {each.sql}"
    if answer.trouble or (answer.code and answer.code not in REFUSALS):
        why = answer.trouble or f"it failed with code {answer.code}"
        return Finding(
            check="roles",
            about=about,
            grade=Grade.NOTE,
            said=f"not known whether it is refused: {why}",
        )
    if answer.code:
        said = f"refused (code {answer.code})"
        return Finding(check="roles", about=about, grade=Grade.GOOD, said=said)
    return Finding(
        check="roles",
        about=about,
        grade=Grade.REFUSED,
        said=f"NOT refused to {user.name}: {each.why}",
        do="take what he has beside his role: SHOW GRANTS FOR him; then "
        "whosaw migrate --roles",
    )


def _ask(url: str, database: str, user: StoreUser, sql: str) -> _Answer:
    """One statement; its rows are left where they are."""
    parts = urlsplit(url)
    made = (
        http.client.HTTPSConnection
        if parts.scheme == "https"
        else http.client.HTTPConnection
    )
    port = parts.port or (8443 if parts.scheme == "https" else 8123)
    line = made(parts.hostname or "", port, timeout=PATIENCE)
    try:
        line.request(
            "POST",
            "/?" + urlencode({"database": database, "wait_end_of_query": 1}),
            body=sql.encode(),
            headers={"X-ClickHouse-User": user.name, "X-ClickHouse-Key": user.password},
        )
        answer = line.getresponse()
        code = answer.getheader("X-ClickHouse-Exception-Code", "")
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _Answer(0, f"no answer: {type(error).__name__}")
    finally:
        line.close()
    if code.isascii() and code.isdigit() and len(code) < 7:
        return _Answer(int(code))
    if answer.status == http.client.OK:
        return _Answer(0)
    return _Answer(0, f"HTTP status {answer.status}")
