"""Login schemes: how a request names a candidate.

One module per scheme, one entry per kind of login in ``registry``. A scheme
says who a request *claims* to be; whether the application agreed is not its
business (``proxy.attribution.confirmation``), nor is the session
(``proxy.attribution.sessions``).
"""
