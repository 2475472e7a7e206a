"""A report as CSV for spreadsheets: consultations first, then what is not established.

One table, so that nobody keeps the rows and loses what they cannot say; the first
column tells which is which. A value that a spreadsheet would take for a formula
begins with an apostrophe (OWASP, CSV injection). UTF-8 with a byte order mark, as
spreadsheets ask for.
"""

from __future__ import annotations

import csv
import io

from proxy.reports.shown import Shown

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(shown: Shown) -> str:
    """The whole file."""
    words = shown.words
    columns = ["kind", *shown.columns]
    columns += [name for name in shown.caveat_columns if name not in columns]
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow([words[name] for name in columns])
    for kind, lines in (
        ("kind_view", shown.lines),
        ("kind_unestablished", shown.caveats),
    ):
        for line in lines:
            row = {**line, "kind": words[kind]}
            writer.writerow([_harmless(row.get(name, "")) for name in columns])
    for warning in shown.warnings:
        writer.writerow([_harmless(warning)])
    return out.getvalue()


def _harmless(text: str) -> str:
    return "'" + text if text.startswith(_FORMULA) else text
