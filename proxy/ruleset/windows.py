"""YAML → identities of Windows networks: ``ntlm`` and ``kerberos``."""

from __future__ import annotations

import codecs

from proxy.attribution.specs.windows import KerberosIdentity, NtlmIdentity
from proxy.document import Fields
from proxy.ruleset.requests import RequestReader

_PROBE = "ABCabc019"
"""What every code page of a client writes in the bytes of ASCII."""


def read_ntlm(fields: Fields, _: RequestReader) -> NtlmIdentity | None:
    """The keys of ``ntlm``."""
    charset = fields.text("oem_charset", NtlmIdentity().oem_charset)
    name = fields.text("name", NtlmIdentity().name)
    if not _is_code_page(charset):
        node = fields.child("oem_charset")
        assert node is not None
        fields.wrong(node, "not a code page", "such as cp850 or cp1252")
        return None
    return NtlmIdentity(oem_charset=charset, name=name)


def read_kerberos(fields: Fields, _: RequestReader) -> KerberosIdentity | None:
    """The keys of ``kerberos``."""
    keytab = fields.path("keytab", None)
    return KerberosIdentity(
        keytab="" if keytab is None else str(keytab),
        persistent=fields.flag("persistent", default=False),
        name=fields.text("name", KerberosIdentity().name),
    )


def _is_code_page(name: str) -> bool:
    try:
        codec = codecs.lookup(name)
        return _PROBE.encode(codec.name) == _PROBE.encode("ascii")
    except (LookupError, ValueError, TypeError):
        return False
