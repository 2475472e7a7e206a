"""Rows of an export as bytes: a line of OCSF, or of CSV. Pure.

CSV is for machines: texts are as they are in the store, lists joined by ``|``. What
a spreadsheet would take for a formula is not touched; ``whosaw report`` does that.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

from proxy.exports.ocsf import event
from proxy.exports.slices import COLUMNS

_encoder = msgspec.json.Encoder()


class Format(Enum):
    """Of the file."""

    OCSF = "ocsf"
    """A JSON object a line."""
    CSV = "csv"
    PARQUET = "parquet"


def head(form: Format) -> bytes:
    """What stands before all rows."""
    return _csv(COLUMNS) if form is Format.CSV else b""


def line(form: Format, row: Mapping[str, Any]) -> bytes:
    """A row, with its end of line."""
    if form is Format.OCSF:
        return _encoder.encode(event(row)) + b"\n"
    return _csv([_plain(row[name]) for name in COLUMNS])


def _plain(value: Any) -> Any:
    return "|".join(map(str, value)) if isinstance(value, list) else value


def _csv(values: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(values)
    return out.getvalue().encode()
