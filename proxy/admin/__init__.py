"""The admin server: health, readiness, metrics and status over HTTP.

A process of its own that only reads reports: it can be slow, wrong or gone and
no byte of traffic is later for it. On loopback it asks nobody who he is;
anywhere else every path but ``/healthz`` needs the bearer token.
"""

from proxy.admin.server import AdminSettings, application, serve

__all__ = ["AdminSettings", "application", "serve"]
