"""Lengths in UTF-16 units, as scripts in a browser count them."""

from __future__ import annotations


def after_units(text: str, start: int, units: int) -> int:
    """Index after ``units`` UTF-16 units of text from ``start``.

    Beyond the end of text that is too short. In the middle of a character that
    takes two units: after it.
    """
    piece = text[start : start + units]
    if piece.isascii() or max(piece, default="") <= "\uffff":
        return start + units
    data = piece.encode("utf-16-le", "surrogatepass")[: 2 * units]
    length = len(data.decode("utf-16-le", "replace"))
    short = units - len(data) // 2
    return start + length + short
