"""Dialects: how legacy applications ask, and the body inside their bodies.

One module per dialect; ``base`` says what one is, ``registry`` lists them. A rule
names its dialect (``dialect: webforms``); then ``operation`` and ``arguments``
match what the request asks, and every selector looks at what ``shown`` makes of
the response. To add one: a module here, an entry in ``registry.DIALECTS``, a page
in docs/cookbook.
"""
