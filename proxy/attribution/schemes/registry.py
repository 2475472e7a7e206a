"""From what a rule set states to what reads it: the place of a new scheme.

A scheme adds its dataclass to ``proxy.attribution.spec.Login``, a module here,
and its line below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from proxy.attribution.schemes.base import Scheme
from proxy.attribution.schemes.form import FormScheme
from proxy.attribution.spec import FormLogin, Login

_SCHEMES: Mapping[type[Login], Callable[[Login], Scheme]] = {
    FormLogin: FormScheme,
}


def scheme_of(login: Login) -> Scheme:
    """The scheme that reads this login."""
    return _SCHEMES[type(login)](login)
