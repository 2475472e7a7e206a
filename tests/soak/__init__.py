"""A long run under load: does anything grow that must not?

``python -m tests.soak --seconds 600``: the whole of ``whosaw run`` between nginx and
wrk, with ten thousand connections that say nothing, a login now and then, many
accounts and many clients. Every process is looked at once a second: resident memory,
descriptors; and the journal's bytes. What counts is the last half against the quarter
before it: a start is not a leak.

``--exchanges N --from K`` makes it a part of a longer run: it ends after N exchanges,
its clients and accounts are numbered from K on, and its line is appended to
``build/soak.jsonl``. With ``--state DIR`` the parts go on in one state directory.
"""
