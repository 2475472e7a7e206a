"""The schema on a cluster, made from the statements of one server. Pure.

A table ``views`` becomes ``views_local``, replicated, on every host, and ``views``,
distributed over them, so that every view, question and insert stays as it is:

* a table whose rows have a ``node`` is sharded by it: what one sidecar sends is on
  one shard, where its tokens are remembered and its numbers counted; any other
  table is on the first shard;
* a replicated table remembers tokens for seven days, whatever their number;
* views are made on every host; what changes a table's columns changes both.

Failure modes: ``UsageError`` for a statement of a kind that is not known here: a
new kind of statement in a migration needs a line here.
"""

from __future__ import annotations

import re

from proxy.errors import UsageError

REMEMBERED = 10_000_000
"""Blocks; the seven days are what counts."""
REMEMBERED_SECONDS = 7 * 86_400

_TABLE = re.compile(
    r"CREATE TABLE IF NOT EXISTS (?P<name>\w+)\s*(?P<columns>\(.*?\n\))\s*"
    r"ENGINE = MergeTree\b(?P<rest>.*)",
    re.DOTALL,
)
_VIEW = re.compile(
    r"(?P<head>CREATE (?:OR REPLACE )?VIEW (?:IF NOT EXISTS )?\w+)(?P<rest>.*)",
    re.DOTALL,
)
_ALTER = re.compile(r"ALTER TABLE (?P<name>\w+) (?P<change>.*)", re.DOTALL)
_DROP = re.compile(r"(?P<head>DROP VIEW IF EXISTS \w+)\s*\Z")
_COLUMN = re.compile(r"(?:ADD|MODIFY|DROP|COMMENT) COLUMN\b")
_COMMENT = re.compile(r"COMMENT '(?:[^']|'')*'\s*\Z")
_LEADING = re.compile(r"(?:\s*--[^\n]*\n)*\s*")


def checked(cluster: str) -> str:
    """The name of a cluster, which stands in statements as text.

    Raises:
        UsageError: it is no plain word.
    """
    if not cluster.isidentifier():
        raise UsageError(f"cluster name {cluster!r}: letters, digits and _ only")
    return cluster


def local(table: str) -> str:
    """The table that holds rows of ``table`` on one host."""
    return f"{table}_local"


def clustered(statement: str, cluster: str) -> tuple[str, ...]:
    """What does on a cluster what this statement does on one server.

    Raises:
        UsageError: the cluster's name, or a statement of an unknown kind.
    """
    on = f"ON CLUSTER {checked(cluster)}"
    text = statement[_match_end(statement) :]
    if found := _TABLE.fullmatch(text):
        return _table(found, cluster, on)
    if (found := _VIEW.fullmatch(text)) or (found := _DROP.fullmatch(text)):
        rest = found.groupdict().get("rest", "")
        return (f"{found['head']} {on}{rest}",)
    if found := _ALTER.fullmatch(text):
        name, change = found["name"], found["change"]
        here = (f"ALTER TABLE {local(name)} {on} {_replicated(change)}",)
        if _COLUMN.match(change):
            return (*here, f"ALTER TABLE {name} {on} {change}")
        return here
    if text.startswith("INSERT INTO "):
        return (text,)
    raise UsageError(
        f"not known how to run on a cluster: {' '.join(text.split()[:6])} …"
    )


def _table(found: re.Match[str], cluster: str, on: str) -> tuple[str, ...]:
    name, columns, rest = found["name"], found["columns"], found["rest"]
    place = f"'/clickhouse/tables/{{shard}}/{{database}}/{name}', '{{replica}}'"
    shard = "sipHash64(node)" if re.search(r"^\s*node ", columns, re.MULTILINE) else "0"
    comment = _COMMENT.search(rest)
    return (
        (
            f"CREATE TABLE IF NOT EXISTS {local(name)} {on}\n{columns}\n"
            f"ENGINE = ReplicatedMergeTree({place}){_replicated(rest)}"
        ),
        (
            f"CREATE TABLE IF NOT EXISTS {name} {on} AS {local(name)}\n"
            f"ENGINE = Distributed({cluster}, currentDatabase(), {local(name)}, "
            f"{shard})\n"
            f"{comment[0] if comment else ''}"
        ),
    )


def _replicated(rest: str) -> str:
    return re.sub(
        r"non_replicated_deduplication_window = \d+",
        f"replicated_deduplication_window = {REMEMBERED},\n"
        f"    replicated_deduplication_window_seconds = {REMEMBERED_SECONDS}",
        rest,
    )


def _match_end(statement: str) -> int:
    found = _LEADING.match(statement)
    return found.end() if found else 0
