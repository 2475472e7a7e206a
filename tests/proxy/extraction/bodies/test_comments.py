"""Comments of HTML are found as a browser finds them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.extraction.bodies.comments import may_hold_comments, without_comments


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("a<!-- b -->c", "a c"),
        ("a<!-->b", "a b"),
        ("a<!--->b", "a b"),
        ("a<!-- b --!>c", "a c"),
        ("a<!-- b -- > c", "a "),
        ("a<!-- b <!-- c -->d-->", "a d-->"),
        ("<script><!--\nid=5\n//--></script>", "<script><!--\nid=5\n//--></script>"),
        ("<SCRIPT a=b><!--</SCRIPT x><!--y-->", "<SCRIPT a=b><!--</SCRIPT x> "),
        ("<textarea><!--5--></textarea><!--6-->", "<textarea><!--5--></textarea> "),
        ("<title><!--", "<title><!--"),
        ("<scripts><!--5-->", "<scripts> "),
        ("no! -- comment", "no! -- comment"),
        ("\u0130<XMP><!--5--></XMP><!--6-->", "\u0130<XMP><!--5--></XMP> "),
    ],
)
def test_comments_are_left_out_and_scripts_stay(html: str, expected: str) -> None:
    """Also one that never ends."""
    assert without_comments(html) == expected


@pytest.mark.parametrize("marks", [0, 1, 63, 64, 65, 200])
def test_a_comment_is_found_behind_any_number_of_exclamation_marks(marks: int) -> None:
    """However it is looked for."""
    html = "wow!" * marks + "<!-- 5 -->"

    assert may_hold_comments(html)
    assert not may_hold_comments(html.replace("<!--", "<! --"))
    assert without_comments(html) == "wow!" * marks + " "


@given(st.text(st.sampled_from("<!->/script \n"), max_size=60))
def test_what_stands_between_comments_stays(html: str) -> None:
    """In its order, and nothing is added but blanks."""
    rest = iter(html)

    assert all(
        letter in rest for letter in without_comments(html).replace(" ", "") if letter
    )


@pytest.mark.parametrize("piece", ["<!--", "<!-- -", "<script", "<script>", "<!--->"])
def test_the_time_is_linear(piece: str) -> None:
    """However many begin and none ends: a megabyte in a moment."""
    before = time.process_time()

    without_comments(piece * (1_000_000 // len(piece)))

    assert time.process_time() - before < 5
