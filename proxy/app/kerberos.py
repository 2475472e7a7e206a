"""Opens Kerberos tokens with a copy of the service's keytab: the edge to GSSAPI.

A keytab lets its holder make tickets for everybody, so the file is refused
unless only its owner may read it, and nothing of it or of a token appears in a
message. The library reads it again at each token: a keytab may be replaced
while the recorder runs.

Failure modes: a token that proves nothing is ``Refused`` with a reason, never
an exception. Nothing here asks the network. The replay cache is off in this
process: it is shared by user and host, so sidecar and application would refuse
each other's tickets as replays; refusing replays stays the application's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from proxy import private_file
from proxy.attribution.materials import Acceptor, Refused, extra
from proxy.errors import UsageError

MAX_TOKEN = 64 * 1024
"""Bytes of a token that is tried; a ticket with the groups of a large directory
has 12,000, and no server takes a header line of this size."""

_REASONS = {
    -1765328353: "wrong_key",  # KRB5KRB_AP_ERR_BAD_INTEGRITY
    -1765328352: "expired_ticket",  # KRB5KRB_AP_ERR_TKT_EXPIRED
    -1765328351: "expired_ticket",  # KRB5KRB_AP_ERR_TKT_NYV, not yet valid
    -1765328349: "wrong_key",  # KRB5KRB_AP_ERR_NOT_US
    -1765328347: "clock_skew",  # KRB5KRB_AP_ERR_SKEW
    -1765328340: "wrong_key",  # KRB5KRB_AP_ERR_BADKEYVER
    -1765328339: "wrong_key",  # KRB5KRB_AP_ERR_NOKEY
    -1765328203: "wrong_key",  # KRB5_KT_NOTFOUND
    -1765328155: "wrong_key",  # KRB5_KT_KVNONOTFOUND
    -1765328240: "wrong_key",  # KRB5KRB_AP_WRONG_PRINC
}
"""krb5 error codes, by what they mean to whoever reads a missing name."""


def acceptor(keytab: Path) -> Acceptor:
    """What accepts tokens for any principal of this keytab.

    Raises:
        UsageError: the keytab is missing, readable by others or not one, or the
            extra ``kerberos`` is not installed.
    """
    _check(keytab)
    gssapi: Any = extra("gssapi", "kerberos", use="keytabs")
    try:
        mechanism = gssapi.MechType.kerberos
        credentials = gssapi.Credentials(
            usage="accept",
            mechs=[mechanism],
            # No replay cache: replays are the application's to refuse, and a cache
            # shared with it would refuse its own clients.
            store={"keytab": f"FILE:{keytab.absolute()}", "rcache": "none:"},
        )
    except gssapi.exceptions.GSSError as error:
        raise UsageError(
            f"{keytab}: not a keytab with a key ({_minor(error)})"
        ) from None

    def accept(token: bytes) -> str | Refused:
        if len(token) > MAX_TOKEN:
            return Refused("malformed_token")
        try:
            context = gssapi.SecurityContext(creds=credentials, usage="accept")
            context.step(token)
            if not context.complete:
                return Refused("incomplete")
            name = context.initiator_name
            if name.name_type == gssapi.NameType.anonymous:
                return Refused("anonymous")
            return str(name)
        except gssapi.exceptions.GSSError as error:
            return Refused(_REASONS.get(_minor(error), "refused_token"))
        except Exception:  # noqa: BLE001  # fail open: a library's fault costs a name
            return Refused("refused_token")

    return accept


def _check(keytab: Path) -> None:
    content = private_file.read(keytab, "the keytab")
    if content[:1] != b"\x05":
        raise UsageError(f"{keytab}: not a keytab")


def _minor(error: Any) -> int:
    """The mechanism's code as the signed 32-bit number krb5 documents."""
    code = int(getattr(error, "min_code", 0)) & 0xFFFFFFFF
    return code - (1 << 32) if code & 0x80000000 else code
