"""Native blocks for clients of a later revision: nothing lost, nothing moved."""

from __future__ import annotations

import urllib.error
import urllib.request
from urllib.parse import urlencode

import pytest

from proxy.store.embedded.errors import QueryFailed
from proxy.store.embedded.native import rewrite
from tests.support.embedded import EmbeddedStore

INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"

TYPES = [
    "number",
    "toString(number)",
    "repeat('x', number * 100)",
    "toLowCardinality(toString(number % 3))",
    "toLowCardinality(toNullable(toString(number % 3)))",
    "toNullable(number)",
    "if(number = 1, NULL, toString(number))",
    "range(number)",
    "arrayMap(x -> arrayMap(y -> toString(y), range(x)), range(number))",
    "map(toString(number), number)",
    "tuple(number, 'x', toNullable(1))",
    "CAST((number, 'x'), 'Tuple(a UInt64, `b, (c` String)')",
    "CAST('a', 'Enum8(\\'a\\' = 1, \\'b, (\\\\\\'\\' = 2)')",
    "toDateTime64(number, 9, 'Europe/Amsterdam')",
    "toDateTime(number)",
    "toDate(number)",
    "toDecimal32(number, 2)",
    "toDecimal128(number, 9)",
    "toDecimal256(number, 9)",
    "toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')",
    "toIPv4('1.2.3.4')",
    "toIPv6('::1')",
    "number = 1",
    "toIntervalDay(number)",
    "NULL",
    "[]",
    "toFixedString('abc', 5)",
    "toFloat32(number)",
    "toInt256(number)",
]


def _ask(store: EmbeddedStore, sql: str, protocol: int) -> bytes:
    query = urlencode(
        {"default_format": "Native", "client_protocol_version": str(protocol)}
    )
    request = urllib.request.Request(
        f"{store.url}/?{query}",
        data=sql.encode(),
        headers={
            "X-ClickHouse-User": store.reader,
            "X-ClickHouse-Key": store.reader_password,
        },
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return bytes(response.read())


def test_a_block_gets_its_info_and_each_column_its_byte() -> None:
    """The bytes, by hand: one column n of UInt8 with the values 7 and 8."""
    block = b"\x01\x02\x01n\x05UInt8\x07\x08"

    assert rewrite(block + block) == 2 * (INFO + b"\x01\x02\x01n\x05UInt8\x00\x07\x08")
    assert rewrite(b"") == b""


@pytest.mark.parametrize("expression", TYPES)
def test_columns_of_every_common_type_end_where_they_end(
    embedded_store: EmbeddedStore, expression: str
) -> None:
    """A number behind the column is still there; the bytes added are the only ones."""
    sql = f"SELECT {expression} AS v, toUInt32(4242) AS after FROM numbers(5)"

    old = _ask(embedded_store, sql, 0)
    new = _ask(embedded_store, sql, 54460)

    assert new.startswith(INFO)
    assert len(new) == len(old) + len(INFO) + 2
    assert new.endswith(b"\x05after\x06UInt32\x00" + (4242).to_bytes(4, "little") * 5)


def test_a_long_result_keeps_its_blocks(embedded_store: EmbeddedStore) -> None:
    """Several blocks, several pieces."""
    sql = "SELECT toString(number) FROM numbers(200000)"

    new = _ask(embedded_store, sql, 54460)

    assert len(new) == len(_ask(embedded_store, sql, 0)) + new.count(INFO) * 9
    assert new.count(INFO) > 1


def test_a_type_of_unknown_layout_is_refused_by_name(
    embedded_store: EmbeddedStore,
) -> None:
    """Rather than guessed."""
    with pytest.raises(urllib.error.HTTPError) as failed:
        _ask(embedded_store, "SELECT CAST('{}', 'JSON') AS v", 54460)

    assert failed.value.code == 501
    assert b"JSON" in failed.value.read()
    failed.value.close()


@pytest.mark.parametrize("size", range(1, 14))
def test_a_cut_block_is_an_error(size: int) -> None:
    """Never half a block."""
    block = b"\x01\x02\x01n\x06UInt16\x07\x08\x09\x0a"

    with pytest.raises(QueryFailed):
        rewrite(block[:size])
