"""The page of the matrix says what the tests say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.matrix import PAGE, UnknownCase, marked, page

TEST = """
@pytest.mark.matrix(scheme="basic", case="{case}")
def test_a_wrong_password_names_nobody() -> None:
    pass
"""


def test_the_page_is_what_the_marks_make() -> None:
    """Otherwise: python -m tests.support.matrix."""
    assert page(marked()) == PAGE.read_text(encoding="utf-8")


def test_a_real_server_outranks_a_made_exchange(tmp_path: Path) -> None:
    """The stronger of the tests of a cell is shown."""
    for folder in ("proxy", "e2e"):
        (tmp_path / "tests" / folder).mkdir(parents=True)
        where = tmp_path / "tests" / folder / "test_x.py"
        where.write_text(TEST.format(case="wrong password"))

    text = page(marked(tmp_path))

    assert "| basic | - | **real** |" in text
    assert "a wrong password names nobody (`tests/e2e/test_x.py`)" in text


def test_a_case_that_is_no_column_is_a_mistake(tmp_path: Path) -> None:
    """A misspelt case would vanish from the table."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").write_text(TEST.format(case="wrong pasword"))

    with pytest.raises(UnknownCase, match="wrong pasword"):
        marked(tmp_path)
