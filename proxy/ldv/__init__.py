"""The stream for citizens: lines of *Logboek dataverwerkingen* (LDV) 1.0.0.

``lines`` makes them of events, ``otlp`` writes and reads what travels (OTLP over
HTTP), ``receiver`` is the socket, ``sender`` moves the journal there: at least once,
by a mark of its own, and every line with the same ids whenever it is sent. docs/ldv.md
says what a line holds, and what it must not.
"""
