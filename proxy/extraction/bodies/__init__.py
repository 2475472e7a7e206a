"""Bodies as documents: text → tree, JSON or table; one module per dialect.

A reader takes a ``View`` and returns its document, raises ``Unreadable`` with a
reason when there is none, and adds to ``View.flaws`` when it read only part.
Selectors call readers through ``View.document``, so each runs once.
"""
