"""Random kills and outages under load, and the account afterwards.

``python -m tests.torture --runs 100 --from 1``: each run has a sidecar of its
own in front of the stand-in application, people at work, and a few faults drawn
from its seed (``plan``). When everything has come back and stopped in order, the
application's own account of what it served is held against journal and store
(``judge``). Nothing is mocked: the processes are those of ``whosaw run``, killed
by signals; only their start is shortened, by forking what is imported already.

What a run cannot show: a disk that lies about syncing, or a power cut. For those
see ``tests/proxy/journal/test_faults.py``.
"""
