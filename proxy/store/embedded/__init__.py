"""The embedded store: the ClickHouse HTTP interface over chDB.

A demo and pilot store. One process owns the engine and its directory; shipper,
command line, curl and Grafana speak to it as to a ClickHouse.

Shape: ``server`` (aiohttp) turns a request into a ``Question`` (``request``),
checks it (``guard``), and asks the ``engine``, which runs it in a thread on a
connection of its own: a fresh one costs 1 ms and leaks no setting into the next
question. Writes follow one another under a lock; reads run in a bounded number
of threads on connections with ``readonly = 1``.

What the engine's ``readonly`` leaves open (measured with chDB 26.9: ``INTO
OUTFILE`` writes a file, the function ``file`` reads one, several statements run
in one query) is refused before it gets there.

Not here: users and roles beyond writer and reader, quotas, TLS, external data,
temporary tables, block compression (``compress=1``).
"""
