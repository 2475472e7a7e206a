"""Files of pairs: read whole or not at all, mistakes by line, ids never quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.crosswalk import PairOfIds, check, pairs_of
from proxy.csv_lines import FileRefused

PAIRS = [PairOfIds("client", "4711", "bsn", "123"), PairOfIds("a", "x,y", "b", 'q"')]


@pytest.mark.parametrize(
    "text",
    [
        'client,4711,bsn,123\na,"x,y",b,"q"""\n',
        'type,id,type,id\r\n client, 4711 ,bsn,123\r\n\r\na,"x,y",b,"q"""',
        'client;4711;bsn;123\na;"x,y";b;"q"""\n',
        'client\t4711\tbsn\t123\na\tx,y\tb\t"q"""\n',
        '\ufeffType,ID,Type,ID\nclient,4711,bsn,123\na,"x,y",b,"q"""\n',
    ],
)
def test_pairs_are_read_however_the_file_was_made(text: str) -> None:
    """By hand, by a spreadsheet, with a heading or none."""
    data = text.encode()

    assert check(data) == 2
    assert list(pairs_of(data)) == PAIRS


def test_every_mistake_is_told_by_line_and_no_id_is() -> None:
    """All at once."""
    data = (
        b"client,canary1,bsn,2\nclient,canary2,bsn\nclient,canary3,client,4\n"
        b"cl ient,canary4,bsn,5\nclient,,bsn,6\nclient,canary7,bsn," + b"9" * 300
    )

    with pytest.raises(FileRefused) as refused:
        check(data)

    assert [mistake.line for mistake in refused.value.mistakes] == [2, 3, 4, 5, 6]
    assert "canary" not in str(refused.value.mistakes)


@pytest.mark.parametrize(
    ("data", "line", "said"),
    [
        (b"", 1, "no pair"),
        (b"type,id,type,id\n", 1, "no pair"),
        (b"client,1,bsn,2\nclient,\xff,bsn,2", 2, "not UTF-8"),
        (b'client,1,bsn,2\nclient,"1,bsn,2\n', 2, "open quote"),
    ],
)
def test_a_file_that_is_none_is_refused(data: bytes, line: int, said: str) -> None:
    """With where and what."""
    with pytest.raises(FileRefused) as refused:
        check(data)

    (mistake,) = refused.value.mistakes
    assert mistake.line == line
    assert said in mistake.said


@given(st.binary(max_size=200))
def test_any_bytes_are_pairs_or_refused(data: bytes) -> None:
    """Nothing else comes out."""
    try:
        count = check(data)
    except FileRefused:
        return

    assert len(list(pairs_of(data))) == count
