"""YAML → identities of Windows networks: ``ntlm`` and ``kerberos``."""

from __future__ import annotations

import codecs

from proxy.attribution.specs.windows import KerberosIdentity, NtlmIdentity
from proxy.document import Fields
from proxy.ruleset.requests import RequestReader

_PROBE = bytes(range(0x20, 0x7F)) + b"\\u0041"
"""What every code page of a client reads as ASCII does, byte by byte."""


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
        codec = codecs.lookup(name).name
        text = _PROBE.decode("ascii")
        return _PROBE.decode(codec) == text and text.encode(codec) == _PROBE
    except (LookupError, ValueError, TypeError):
        return False
