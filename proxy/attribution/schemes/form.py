"""Form login: a user field in the body or query of a request.

Traps, each of which would let a request name somebody else:

* the field given twice, in query and form, or in another spelling that a
  server takes for the same (ASP.NET ignores case, PHP turns ``.``, ``[`` and
  blanks into ``_``): servers differ in which one counts, so unequal values make
  the candidate nameless (``ambiguous``);
* a body that is cut, above the cap or undecodable may hold another field;
* control characters end a name in some languages and not in others.
"""

from __future__ import annotations

import re

from proxy.attribution.asked import Asked
from proxy.attribution.schemes.base import MAX_NAME, Candidate
from proxy.attribution.spec import FieldSource, FormLogin

_MANGLED = re.compile(r"[.\[\]\s]")


class FormScheme:
    """Reads one ``FormLogin``."""

    def __init__(self, login: FormLogin) -> None:
        self._login = login
        self._same_field = _folded(login.user.name)

    def candidate(self, asked: Asked) -> Candidate | None:
        """See ``Scheme``."""
        login = self._login
        if not asked.fits(login.request):
            return None
        name, reason = self._name(asked)
        return Candidate(
            name=name,
            scheme=login.name,
            confirmed_when=login.confirmed_when,
            reason=reason,
            keep_failed_name=login.keep_failed_names,
        )

    def _name(self, asked: Asked) -> tuple[str, str]:
        if not asked.complete:
            return "", "ambiguous"
        source = asked.form
        if self._login.user.source is FieldSource.QUERY:
            source = asked.query
        if not any(name == self._login.user.name for name, _ in source):
            return "", "no_user_field"
        values = {
            value.strip()
            for name, value in (*asked.query, *asked.form)
            if _folded(name) == self._same_field
        }
        if len(values) != 1:
            return "", "ambiguous"
        name = values.pop()
        if not name:
            return "", "no_user_field"
        if len(name) > MAX_NAME or not name.isprintable():
            return "", "unusable_name"
        return name, ""


def _folded(name: str) -> str:
    """Spellings that some server takes for one field give one text."""
    return _MANGLED.sub("_", name.strip()).casefold()
