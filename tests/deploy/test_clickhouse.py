"""The server's files: names the engine knows, no password, and every user bounded."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest
from lxml import etree

from proxy.store.client import ClickHouseStore
from tests.support.boards import targets
from tests.support.embedded import EmbeddedStore

HERE = Path(__file__).parents[2] / "deploy" / "clickhouse"
USERS = HERE / "users.xml"
SINGLE = HERE / "single" / "config.xml"


def tree(path: Path) -> etree._Element:
    """One file."""
    return etree.parse(str(path)).getroot()


def children(path: Path, where: str) -> list[etree._Element]:
    """The elements in this one."""
    found = tree(path).find(where)
    assert found is not None, where
    return list(found.iterchildren("*"))


def known(store: ClickHouseStore, table: str) -> set[str]:
    """Names of settings of the engine."""
    rows = store.query("SELECT name FROM system." + table).rows
    return {str(row[0]) for row in rows}


@pytest.mark.parametrize("path", sorted(HERE.rglob("*.xml")), ids=lambda p: p.name)
def test_every_file_is_one_the_server_merges(path: Path) -> None:
    """Its root is ``clickhouse``."""
    assert tree(path).tag == "clickhouse"


def test_the_engine_knows_every_setting(embedded_store: EmbeddedStore) -> None:
    """A misspelled one would keep a server from starting."""
    with closing(embedded_store.store()) as store:
        settings = known(store, "settings")
        of_tables = known(store, "merge_tree_settings")
    asked = {
        each.tag
        for profile in children(USERS, "profiles")
        for each in profile.iterdescendants("*")
        if each.tag not in {"constraints", "const", "min", "max"}
    }

    assert len(asked) > 5
    assert asked <= settings
    assert {each.tag for each in children(SINGLE, "merge_tree")} <= of_tables


def test_no_password_is_in_the_files() -> None:
    """They come from a file of their own; an empty digest lets nobody in."""
    for each in tree(USERS).iter("password_sha256_hex"):
        assert not each.text
    text = USERS.read_text()
    assert "<password>" not in text
    assert "no_password" not in text


def test_every_user_has_a_profile_a_quota_and_there_is_no_default() -> None:
    """The user every server starts with has no password."""
    profiles = {each.tag for each in children(USERS, "profiles")}
    quotas = {each.tag for each in children(USERS, "quotas")} | {"default"}
    for user in children(USERS, "users"):
        if user.tag == "default":
            assert user.get("remove") == "remove"
        else:
            assert user.findtext("profile") in profiles
            assert user.findtext("quota") in quotas


def granted(user: str) -> set[str]:
    """What this user of boards may read."""
    found = {str(each.text) for each in children(USERS, f"users/{user}/grants")}
    names = {each.removeprefix("GRANT SELECT ON whosaw.") for each in found}
    assert not [name for name in names if not name.isidentifier()]
    return names


@pytest.mark.parametrize("organisation", ["everyday", "inquiry"])
def test_users_of_boards_may_read_what_boards_ask_and_no_more(
    organisation: str,
) -> None:
    """Without a list of grants they could read everything."""
    asked = {
        name
        for target in targets()
        for name in re.findall(r"\b(?:FROM|JOIN)\s+([a-z_]+)", target.sql)
        if target.where.startswith("inquiry/") == (organisation == "inquiry")
    }
    of_questions = {"views", "attributions", "crosswalk"}

    behind = of_questions if organisation == "inquiry" else set()
    assert granted(f"grafana_{organisation}") == asked | behind


def test_readers_cannot_raise_their_limits() -> None:
    """``readonly`` 2 lets a client choose settings, within these bounds."""
    reader = tree(USERS).find("profiles/whosaw_reader")
    assert reader is not None
    where = "profiles/whosaw_reader/constraints"
    bounded = {each.tag for each in children(USERS, where)}

    assert {"readonly", "max_memory_usage", "max_execution_time"} <= bounded
    assert reader.findtext("allow_ddl") == "0"
