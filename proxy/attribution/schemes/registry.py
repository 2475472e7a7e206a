"""From what a rule set states to what reads it: the place of a new scheme.

A login adds its dataclass to ``proxy.attribution.spec.Login``, an accompanying
identity a subclass of ``Identity``; each has a module here and its line below.
A module that needs an extra imports it in its constructor
(``proxy.attribution.materials.extra``), so that nothing is imported that no
rule set needs. Constructors raise ``UsageError`` about their material.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from proxy.attribution.materials import NOTHING, Materials
from proxy.attribution.schemes.accompanying import Accompanying
from proxy.attribution.schemes.base import Scheme
from proxy.attribution.schemes.basic import BasicScheme
from proxy.attribution.schemes.bearer import BearerScheme
from proxy.attribution.schemes.certificate import CertificateScheme
from proxy.attribution.schemes.digest import DigestScheme
from proxy.attribution.schemes.form import FormScheme
from proxy.attribution.schemes.header import HeaderScheme
from proxy.attribution.schemes.kerberos import KerberosScheme
from proxy.attribution.schemes.ntlm import NtlmScheme
from proxy.attribution.schemes.saml import SamlScheme
from proxy.attribution.spec import FormLogin, Identity, Login, SamlLogin
from proxy.attribution.specs.headers import (
    BasicIdentity,
    BearerIdentity,
    CertificateIdentity,
    DigestIdentity,
    HeaderIdentity,
)
from proxy.attribution.specs.windows import KerberosIdentity, NtlmIdentity

# The argument of each is of the type it stands under.
_SCHEMES: Mapping[type[Login], Callable[[Any, Materials], Scheme]] = {
    FormLogin: lambda login, _: FormScheme(login),
    SamlLogin: SamlScheme,
}

_ACCOMPANYING: Mapping[type[Identity], Callable[[Any, Materials], Accompanying]] = {
    BasicIdentity: lambda identity, _: BasicScheme(identity),
    BearerIdentity: BearerScheme,
    CertificateIdentity: CertificateScheme,
    DigestIdentity: lambda identity, _: DigestScheme(identity),
    HeaderIdentity: lambda identity, _: HeaderScheme(identity),
    KerberosIdentity: KerberosScheme,
    NtlmIdentity: lambda identity, _: NtlmScheme(identity),
}


def scheme_of(login: Login, materials: Materials = NOTHING) -> Scheme:
    """The scheme that reads this login.

    Raises:
        UsageError: what it refers to is missing or unusable.
    """
    return _SCHEMES[type(login)](login, materials)


def accompanying_of(identity: Identity, materials: Materials = NOTHING) -> Accompanying:
    """The scheme that reads claims of this kind.

    Raises:
        UsageError: what it refers to is missing or unusable.
    """
    return _ACCOMPANYING[type(identity)](identity, materials)
