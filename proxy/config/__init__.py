"""The config file: where the sidecar stands, and in front of what.

The reference is docs/configuration.md; an example is
deploy/examples/minimal/whosaw.yaml. A new key: a field in ``model``, its
reading beside its neighbours, a line in the reference.
"""

from proxy.config.model import (
    Across,
    Admin,
    AnchorKind,
    AnchorPlace,
    Application,
    Canary,
    ClientCertificates,
    Config,
    GateBounds,
    JournalBounds,
    Ldv,
    Recording,
    Sealing,
    StoreAccess,
    TapBounds,
    Telemetry,
    TlsListen,
    TlsUpstream,
    Transparent,
    TransparentMethod,
)
from proxy.config.reading import load, read

__all__ = [
    "Across",
    "Admin",
    "AnchorKind",
    "AnchorPlace",
    "Application",
    "Canary",
    "ClientCertificates",
    "Config",
    "GateBounds",
    "JournalBounds",
    "Ldv",
    "Recording",
    "Sealing",
    "StoreAccess",
    "TapBounds",
    "Telemetry",
    "TlsListen",
    "TlsUpstream",
    "Transparent",
    "TransparentMethod",
    "load",
    "read",
]
