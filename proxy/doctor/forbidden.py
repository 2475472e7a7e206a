"""What no user of a role may do, as statements; and one thing each role can. Pure.

Each is harmless where it is *not* refused: it changes no row, makes nothing that is
not taken away again, and reaches no host but this one. Names of tables are the
schema's; a test has the engine parse every statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from proxy.store.roles import Role


class Forbidden(NamedTuple):
    """A statement and why it must be refused."""

    sql: str
    why: str
    undo: str = ""
    """Run when it was not refused."""


CAN: Mapping[Role, str] = MappingProxyType(
    {
        Role.WRITER: "SELECT count(seq) FROM views WHERE node = ''",
        Role.ANALYST: "SELECT count() FROM gaps",
        Role.UNIT_ANALYST: "SELECT count() FROM gaps",
        Role.DASHBOARD: "SELECT count() FROM board_seals",
        Role.AUDITOR: "SELECT count() FROM seals",
        Role.PRIVACY_OFFICER: "SELECT count() FROM holds_in_force",
    }
)
"""Without it, a user who may do nothing at all would look well."""

_ANYBODY = (
    Forbidden("ALTER TABLE views DELETE WHERE 0", "evidence is erased by the owner"),
    Forbidden("ALTER TABLE views UPDATE rule = rule WHERE 0", "evidence stays"),
    Forbidden("ALTER TABLE seals DELETE WHERE 0", "a chain without a link proves less"),
    Forbidden(
        "CREATE TABLE whosaw_doctor_probe (x UInt8) ENGINE = Null",
        "the schema is the owner's",
        "DROP TABLE IF EXISTS whosaw_doctor_probe",
    ),
    Forbidden(
        "CREATE USER whosaw_doctor_probe",
        "who may give rights has all of them",
        "DROP USER IF EXISTS whosaw_doctor_probe",
    ),
    Forbidden(
        "SELECT * FROM file('whosaw_doctor_probe', 'LineAsString') LIMIT 0",
        "files of the server's host",
    ),
    Forbidden(
        "SELECT * FROM url('http://127.0.0.1:9/', 'LineAsString') LIMIT 0",
        "rows would leave the host",
    ),
    Forbidden(
        "SELECT * FROM remote('127.0.0.1', 'system', 'one') LIMIT 0",
        "rows would leave the host",
    ),
    Forbidden(
        "SELECT query FROM system.query_log LIMIT 0", "what others asked, with values"
    ),
)
_NO_ROWS = tuple(
    Forbidden(f"INSERT INTO {table} SELECT * FROM {table} WHERE 0", "made-up evidence")  # noqa: S608 constant
    for table in ("views", "seals")
)
_BOUNDS = (
    Forbidden(
        "SELECT 1 SETTINGS max_execution_time = 86400",
        "one question would take the server",
    ),
)
_NO_IDS = (
    Forbidden("SELECT encrypted_id FROM subjects LIMIT 0", "ids, even encrypted"),
)


def _no(*tables: str, why: str) -> tuple[Forbidden, ...]:
    return tuple(Forbidden(f"SELECT * FROM {each} LIMIT 0", why) for each in tables)  # noqa: S608 constant


_READER = _ANYBODY + _NO_ROWS + _BOUNDS
FORBIDDEN: Mapping[Role, tuple[Forbidden, ...]] = MappingProxyType(
    {
        Role.WRITER: (
            *_ANYBODY,
            *_NO_IDS,
            Forbidden("SELECT actor FROM views LIMIT 0", "it adds only"),
            Forbidden("SELECT subject FROM views LIMIT 0", "it adds only"),
            *_no("seal_seeds", "findings", "staff", why="it adds only"),
        ),
        Role.ANALYST: (
            *_READER,
            *_NO_IDS,
            *_no("subject_ids", why="ids, even encrypted"),
            *_no("captures", "holds", "inquiries", why="the privacy officer's"),
        ),
        Role.UNIT_ANALYST: (
            *_READER,
            *_NO_IDS,
            *_no(
                *("sessions", "findings", "staff", "board_private_employees"),
                why="it is about all units",
            ),
        ),
        Role.DASHBOARD: (
            *_READER,
            *_NO_IDS,
            *_no(
                *("views", "exchanges", "sessions", "findings", "staff", "watchlist"),
                *("board_private_employees", "board_private_findings"),
                why="aggregates only: no account, no subject",
            ),
        ),
        Role.AUDITOR: (
            *_READER,
            *_NO_IDS,
            *_no("findings", "watchlist", why="seals need none of it"),
        ),
        Role.PRIVACY_OFFICER: (
            *_ANYBODY,
            *_NO_ROWS,
            Forbidden("ALTER TABLE holds DELETE WHERE 0", "holds are only appended"),
            Forbidden("ALTER TABLE subjects DELETE WHERE 0", "a row stays, without id"),
        ),
    }
)
"""By role."""
