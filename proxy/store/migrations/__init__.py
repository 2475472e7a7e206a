"""The schema, as ordered SQL files ``NNNN_name.sql``; applied by ``migrate``.

An applied file never changes (its checksum is kept); a change is a new file.
Each statement can run twice (``IF NOT EXISTS``), so an interrupted migration is
resumed by running it again.
"""
