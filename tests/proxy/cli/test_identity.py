"""What is told of a client's other ids."""

from __future__ import annotations

import pytest

from proxy.cli.identity import by_which_id, print_identity, told
from proxy.store.crosswalk import Conflict, Identifier, Identity

ASKED = Identifier(type="bsn", pseudonym="aa")
OTHER = Identifier(
    type="client",
    pseudonym="bb",
    hops=1,
    through="aa",
    through_type="bsn",
    sources=("rule detail",),
)
CONFLICT = Conflict(
    type="client",
    pseudonym="bb",
    paired_type="bsn",
    paired=("cc", "dd"),
    count=12,
    sources=("file x.csv 01",),
)


def test_one_id_needs_no_column_and_no_word(capsys: pytest.CaptureFixture[str]) -> None:
    """An answer without a crosswalk looks as it did."""
    identity = Identity((ASKED,))

    print_identity(identity)

    assert by_which_id(identity) == []
    assert capsys.readouterr().out == ""


def test_what_was_followed_and_what_was_not_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By which id, and who says so."""
    print_identity(Identity((ASKED, OTHER), (CONFLICT,), complete=False))

    said = capsys.readouterr().out
    assert "client bb: same as bsn aa, by rule detail" in said
    assert "not followed: client bb is paired with bsn cc, dd and 10 more" in said
    assert "there are more ids" in said
    assert told(CONFLICT).endswith("by file x.csv 01")
