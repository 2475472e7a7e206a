"""The composition root: config in, running processes out.

``supervisor`` keeps child processes alive and ends them in order, ``sidecar``
says which ones a config needs, ``roles`` is the inside of each of them.
"""
