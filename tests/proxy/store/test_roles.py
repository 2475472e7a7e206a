"""Roles list what each may read, and nothing else; the engine parses every statement.

None of it is run: the embedded store has no roles.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import closing
from pathlib import Path

import pytest
from lxml import etree

from proxy.errors import UsageError
from proxy.evidence.columns import NOT_SEALED, tables
from proxy.store import roles
from proxy.store.client import StoreSettings, connect
from proxy.store.roles import Role, StoreUser, statements, user_statements
from proxy.store.tables import TABLES
from tests.support.embedded import EmbeddedStore

USERS = Path(__file__).parents[3] / "deploy" / "clickhouse" / "users.xml"
JOAN = StoreUser("joan", Role.ANALYST, "canary's password")


def granted(role: Role) -> set[str]:
    """Tables and views of which this role may read something."""
    return {
        found[1]
        for each in statements("whosaw")
        if (found := re.match(r"GRANT .*SELECT.* ON whosaw\.(\w+) TO (\w+)$", each))
        and found[2] == role.granted
    }


def xml_grants(user: str) -> set[str]:
    """What this user of boards may read by the server's own files."""
    found = etree.parse(str(USERS)).findall(f"users/{user}/grants/query")
    return {str(each.text).removeprefix("GRANT SELECT ON whosaw.") for each in found}


def test_every_statement_is_one_the_engine_can_read(
    embedded_store: EmbeddedStore,
) -> None:
    """Parsed, not run."""
    with closing(embedded_store.store()) as store:
        for statement in (*statements("whosaw"), *user_statements(JOAN)):
            store.query("SELECT formatQuery({q:String})", {"q": statement})


def test_every_name_is_one_of_the_schema(embedded_store: EmbeddedStore) -> None:
    """A misspelled grant would be refused half-way."""
    with closing(embedded_store.store()) as store:
        there = {row[0] for row in store.query("SHOW TABLES").rows}
    named = {
        name
        for each in statements("whosaw")
        for name in re.findall(r"whosaw\.(\w+)", each)
    }

    named.discard("asked_of_server")  # made here, over a table only a server has
    assert named <= there
    assert len(named) > 30


def test_a_writer_adds_to_every_table_and_reads_numbers_only() -> None:
    """What it counts after an insert that nobody acknowledged."""
    inserts = {
        found[1]
        for each in statements("whosaw")
        if each.endswith("whosaw_writer")
        and (found := re.match(r"GRANT INSERT(?:, .*?)? ON whosaw\.(\w+) ", each))
    }
    reads = [
        each
        for each in statements("whosaw")
        if "SELECT" in each and each.endswith("whosaw_writer")
    ]

    assert {table.name for table in TABLES} <= inserts
    for each in reads:
        numbers = "SELECT(node, epoch, seq)" in each
        assert numbers or each.split(" ON whosaw.")[1].split()[0] in {
            "seals",
            "migrations",
        }
    assert not [each for each in statements("whosaw") if "DELETE" in each]


def test_boards_are_granted_what_the_files_of_the_server_grant() -> None:
    """Two ways to the same list: users of a file, and roles."""
    assert granted(Role.DASHBOARD) == xml_grants("grafana_everyday")
    assert granted(Role.ANALYST) >= xml_grants("grafana_inquiry")


def test_an_auditor_reads_all_that_seals_cover_and_no_id() -> None:
    """Of the one column they do not cover he gets nothing."""
    assert granted(Role.AUDITOR) >= {*tables(), "seals", "seal_seeds"}
    (subjects,) = [
        each for each in statements("whosaw") if ".subjects TO whosaw_auditor" in each
    ]
    assert NOT_SEALED["subjects"] not in subjects


def test_nobody_but_the_privacy_officer_reads_ids_or_changes_anything() -> None:
    """And he can empty an id, no more."""
    for role in Role:
        ids = {"subject_ids", "subjects"} & granted(role)
        if role in {Role.WRITER, Role.AUDITOR}:
            assert ids == {"subjects"}
        else:
            assert bool(ids) == (role is Role.PRIVACY_OFFICER)
    changing = [each for each in statements("whosaw") if "GRANT ALTER" in each]
    assert changing == [
        "GRANT ALTER UPDATE(encrypted_id) ON whosaw.subjects TO whosaw_privacy_officer"
    ]


def test_policies_of_units_leave_others_as_they_were() -> None:
    """Whatever a server does to those without a policy."""
    made = [each for each in statements("whosaw") if "ROW POLICY" in each]
    own = {each.split(" ON ")[1].split()[0] for each in made if "own_unit" in each}
    rest = {each.split(" ON ")[1].split()[0] for each in made if "everything" in each}

    assert own == rest == {"whosaw.views", "whosaw.exchanges", "whosaw.attributions"}
    reads = granted(Role.UNIT_ANALYST)
    assert not [each for each in reads if each.startswith("board_")]
    assert reads >= {"views_in", "erasures"}


def test_readers_are_bounded_as_in_the_files_of_the_server() -> None:
    """The same numbers."""
    profile = etree.parse(str(USERS)).find("profiles/whosaw_reader")
    assert profile is not None
    bounds = statements("whosaw")[-1]

    for each in profile.iterchildren("*"):
        if each.tag in {"constraints", "max_bytes_before_external_group_by"}:
            continue
        assert f"{each.tag} = {each.text}" in bounds


def test_of_a_password_only_a_salted_hash_is_sent() -> None:
    """It would stand in the server's own log of queries."""
    made = user_statements(JOAN, salt="ab")
    digest = hashlib.sha256(b"canary's passwordab").hexdigest()

    assert "canary" not in " ".join(made)
    assert "canary" not in repr(JOAN)
    assert f"BY '{digest}' SALT 'ab'" in made[0]
    assert made[-1] == "ALTER USER joan DEFAULT ROLE whosaw_analyst"


@pytest.mark.parametrize("name", ["a b", "x'; DROP", "", "é"])
def test_names_are_plain_words(name: str) -> None:
    """They stand in statements as text."""
    with pytest.raises(UsageError):
        user_statements(StoreUser(name, Role.ANALYST, "x"))
    if name != "é":
        with pytest.raises(UsageError):
            statements(name)


def test_on_a_cluster_nothing_is_half_done() -> None:
    """It is said what to do; the store is not asked."""
    settings = StoreSettings(
        url="http://127.0.0.1:9", user="x", password="", database="w", cluster="north"
    )

    with pytest.raises(UsageError, match="on each host"):
        roles.apply(connect(settings))
