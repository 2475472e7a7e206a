"""Words that are kept: those of the rules."""

from __future__ import annotations

from proxy.redaction.words import words_of


def test_words_numbers_and_runs_of_rules_are_kept() -> None:
    """As they stand in patterns, texts and names, whatever their case."""
    words = words_of([b'css: "#MainForm", regex: "K(\\d{5})x2y"', b"mode: 42"])

    assert {b"mainform", b"k", b"5", b"x2y", b"42", b"mode"} <= words
    assert b"location" in words
