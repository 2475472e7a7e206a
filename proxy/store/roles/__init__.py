"""Roles of a ClickHouse server: who may read or add what. One file ``NAME.sql`` each.

A file makes its role, takes everything from it and grants what it lists, so applying
it again leaves exactly that; in between, for milliseconds, the role has less.
``{database}`` stands for the database, a plain word. Users get a role and a password
from a file, of which only a salted SHA-256 is sent.

Not for the embedded store, which has two users and no roles; on a cluster they are
made by hand, once per host. Statements only a server can run: tests have the engine
*parse* every one of them.

Failure modes: ``UsageError``; ``StoreUnavailable`` and ``StoreRejected`` as the
client: apply again.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from proxy.errors import UsageError
from proxy.store.sql import split

if TYPE_CHECKING:
    from proxy.store.client import ClickHouseStore

_DIRECTORY = Path(__file__).parent
_AFTER = ("query_log", "bounds")
"""Files that need the roles to be there."""


class Role(Enum):
    """A role; the value is its file, and its name after ``whosaw_``."""

    WRITER = "writer"
    ANALYST = "analyst"
    UNIT_ANALYST = "unit_analyst"
    DASHBOARD = "dashboard"
    AUDITOR = "auditor"
    PRIVACY_OFFICER = "privacy_officer"

    @property
    def granted(self) -> str:
        """Its name in the server."""
        return f"whosaw_{self.value}"


@dataclass(frozen=True, slots=True)
class StoreUser:
    """A user that gets a role."""

    name: str
    role: Role
    password: str = field(repr=False)


def role_of(text: str) -> Role:
    """The role of this name.

    Raises:
        UsageError: there is none.
    """
    try:
        return Role(text)
    except ValueError:
        known = ", ".join(each.value for each in Role)
        raise UsageError(f"{text[:40]}: no such role; there are {known}") from None


def statements(database: str) -> list[str]:
    """What makes every role and its bounds, in order.

    Raises:
        UsageError: the name of the database is no plain word.
    """
    if not database.isidentifier():
        raise UsageError(f"database name {database!r}: letters, digits and _ only")
    names = (*(role.value for role in Role), *_AFTER)
    return [
        statement.replace("{database}", database)
        for name in names
        for statement in split((_DIRECTORY / f"{name}.sql").read_text("utf-8"))
    ]


def user_statements(user: StoreUser, salt: str = "") -> list[str]:
    """What makes a user, or changes his password and role.

    Args:
        user: who.
        salt: of the password's hash; made at random when empty.

    Raises:
        UsageError: his name is no plain word.
    """
    if not (user.name.isidentifier() and user.name.isascii()):
        raise UsageError(f"user name {user.name[:40]!r}: letters, digits and _ only")
    salt = salt or secrets.token_hex(16)
    digest = hashlib.sha256((user.password + salt).encode()).hexdigest()
    identified = f"IDENTIFIED WITH sha256_hash BY '{digest}' SALT '{salt}'"
    role = user.role.granted
    return [
        f"CREATE USER IF NOT EXISTS {user.name} {identified}",
        f"ALTER USER {user.name} {identified}",
        f"REVOKE ALL ON *.* FROM {user.name}",
        f"GRANT {role} TO {user.name}",
        f"ALTER USER {user.name} DEFAULT ROLE {role}",
    ]


def apply(store: ClickHouseStore, users: tuple[StoreUser, ...] = ()) -> list[str]:
    """Make the roles and these users; a line for each.

    Args:
        store: a server's; its user may manage access (``access_management``).
        users: who gets which role.

    Raises:
        UsageError: the store is on a cluster, or a name is no plain word.
        StoreUnavailable, StoreRejected: the server does not answer, or refuses.
    """
    if store.settings.cluster:
        raise UsageError(
            "on a cluster roles are made on each host: run whosaw migrate --roles "
            "--plan there and hand it to clickhouse-client"
        )
    made = statements(store.settings.database)
    for_users = [(user, user_statements(user)) for user in users]
    for statement in made:
        store.command(statement)
    told = [f"role {role.granted}" for role in Role]
    for user, each in for_users:
        for statement in each:
            store.command(statement)
        told.append(f"user {user.name} has {user.role.granted}")
    return told
