"""The store: where the evidence is asked.

``port`` is what the shipper needs of it, ``client`` speaks to ClickHouse or to
the embedded server alike, ``tables`` maps events to rows, ``migrations/`` holds
the schema, ``embedded/`` serves the ClickHouse HTTP interface over chDB,
``investigations`` asks the questions.
"""
