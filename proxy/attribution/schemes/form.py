"""Form login: a user field in the body or query of a request, or in its JSON.

Traps, each of which would let a request name somebody else:

* the field given twice, in query and form, or in another spelling that a
  server takes for the same (ASP.NET ignores case, PHP turns ``.``, ``[`` and
  blanks into ``_``): servers differ in which one counts, so unequal values make
  the candidate nameless (``ambiguous``);
* a body that is cut, above the cap or undecodable may hold another field;
* a key given twice in a JSON body;
* control characters end a name in some languages and not in others.
"""

from __future__ import annotations

import re

from proxy.attribution.asked import Asked
from proxy.attribution.schemes.base import MAX_NAME, Candidate
from proxy.attribution.spec import FieldSource, FormLogin
from proxy.exchange.body import decode_content
from proxy.exchange.json_body import Duplicates, Way, parse_json, parse_way, text_at
from proxy.exchange.patterns import compile_glob

_MANGLED = re.compile(r"[.\[\]\s]")


class FormScheme:
    """Reads one ``FormLogin``."""

    def __init__(self, login: FormLogin) -> None:
        self._login = login
        field = login.user
        self._same_field = _folded(field.name)
        self._glob = compile_glob(self._same_field) if "*" in field.name else None
        self._way = parse_way(field.name) if field.source is FieldSource.JSON else None

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
        if self._way is not None:
            return self._of_json(asked, self._way)
        source = asked.form
        if self._login.user.source is FieldSource.QUERY:
            source = asked.query
        if not any(self._is_field(name) for name, _ in source):
            return "", "no_user_field"
        values = {
            value.strip()
            for name, value in (*asked.query, *asked.form)
            if self._is_same(name)
        }
        if len(values) != 1:
            return "", "ambiguous"
        return _usable(values.pop())

    def _is_field(self, name: str) -> bool:
        if self._glob is not None:
            return self._is_same(name)
        return name == self._login.user.name

    def _is_same(self, name: str) -> bool:
        """Whether some server may take it for the field."""
        if self._glob is not None:
            return self._glob.match(_folded(name))
        return _folded(name) == self._same_field

    def _of_json(self, asked: Asked, way: Way) -> tuple[str, str]:
        request = asked.request
        data = decode_content(request).data
        body = parse_json(data, request.get(b"content-type"))
        if body.reason:
            return "", "ambiguous"
        if _twice(body.value, way):
            return "", "ambiguous"
        return _usable((text_at(body.value, way) or "").strip())


def _usable(name: str) -> tuple[str, str]:
    if not name:
        return "", "no_user_field"
    if len(name) > MAX_NAME or not name.isprintable():
        return "", "unusable_name"
    return name, ""


def _twice(value: object, way: Way) -> bool:
    """Whether a key on the way was given twice, in one spelling or several."""
    for step in way:
        if isinstance(value, Duplicates):
            return True
        if isinstance(value, dict) and isinstance(step, str):
            if sum(_folded(key) == _folded(step) for key in value) > 1:
                return True
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if -len(value) <= step < len(value) else None
    return isinstance(value, Duplicates)


def _folded(name: str) -> str:
    """Spellings that some server takes for one field give one text."""
    return _MANGLED.sub("_", name.strip()).casefold()
