"""Identities of Windows networks: NTLM and Kerberos. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from proxy.attribution.spec import Identity


@dataclass(frozen=True, slots=True)
class NtlmIdentity(Identity):
    """``ntlm: {}``: raw (``Authorization: NTLM``) and inside ``Negotiate``."""

    oem_charset: str = "ascii"
    """Code page of clients that do not write names in UTF-16, by Python's name.
    Their messages do not say which it is, so a name with other letters than
    ASCII's stays unread until the rule set does."""
    name: str = "ntlm"
    """Scheme name in the evidence."""


@dataclass(frozen=True, slots=True)
class KerberosIdentity(Identity):
    """``kerberos: {keytab: http.keytab}``: tickets inside ``Negotiate``."""

    keytab: str = ""
    """Path of a copy of the service's keytab, as the rule set wrote it. Empty:
    tickets stay closed, and exchanges nameless (``no_keytab``)."""
    persistent: bool = False
    """The application keeps an accepted identity for the connection (IIS's
    ``authPersistNonNTLM``, ``GssapiConnectionBound``)."""
    name: str = "kerberos"

    @override
    def keytabs(self) -> tuple[str, ...]:
        return (self.keytab,) if self.keytab else ()
