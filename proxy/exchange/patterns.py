"""Request patterns: ``"METHOD /path/{id}/**"`` and ``"*.css"``, compiled once.

The one language for "which requests", shared by login, logout, record and
ignore rules. A pattern is ``[METHODS ]PATH``:

* METHODS: one method, several joined by ``|``, or ``*``; left out means any.
  Compared without regard to case: a server that accepts ``get`` must not make
  a request disappear from a rule.
* PATH starts with ``/``: ``{name}`` is one or more characters of one segment
  (a whole segment or part of one, as in ``/client-{id}.do``), ``*`` any
  characters within a segment, ``/**`` any number of further segments,
  including none. A ``?`` is not part of the language: conditions on query and
  form fields stand beside the pattern.
* PATH starts with ``*.``: a suffix of the resource path. It is compared with
  the path only; the caller has taken path parameters off, so that
  ``/client/7;x=.css`` is no style sheet.

Paths are given percent-decoded and without parameters. ``plain_path`` removes
what servers remove before they route (empty and dot segments, RFC 3986 5.2.4);
matching without it would let ``//login`` pass unseen.

Matching never backtracks into a wildcard that found its place, so a hostile
path costs time in proportion to its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PART = re.compile(r"\{([^{}]*)\}|(\*\*)|(\*)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_METHOD = re.compile(r"[A-Za-z0-9!#$%&'+.^_`~-]+\Z")
MAX_WILDCARDS = 16
"""Per pattern: an application's address has fewer, and each costs time."""


class PatternError(ValueError):
    """The text is no request pattern; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class RequestPattern:
    """One compiled pattern; ``text`` is how it was written."""

    text: str
    methods: frozenset[str] | None
    """Upper-case methods, or None for any."""
    template: str
    """The path as written, without the method."""
    literal: str | None
    """The whole path when it has no wildcard, so that a dict can find it."""
    suffix: str | None
    """``.css`` for ``*.css``."""
    names: tuple[str, ...]
    """Names of the captures, in order."""
    expression: str
    """The path as a regular expression with *unnamed* groups, one per name,
    without anchors: for combining many patterns into one."""
    regex: re.Pattern[str]

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Captures when the request fits (possibly empty), else None."""
        if self.methods is not None and method.upper() not in self.methods:
            return None
        return self.match_path(path)

    def match_path(self, path: str) -> dict[str, str] | None:
        """``match`` for any method."""
        if self.literal is not None:
            return {} if path == self.literal else None
        found = self.regex.fullmatch(path)
        if found is None:
            return None
        return dict(zip(self.names, found.groups(), strict=True))


def compile_pattern(text: str, *, ignore_case: bool = False) -> RequestPattern:
    """The pattern of this text.

    Args:
        text: As in the module's docstring.
        ignore_case: Paths are compared without regard to case (IIS).

    Raises:
        PatternError: With what is wrong and what was expected.
    """
    methods, template = _split_method(text)
    names: list[str] = []
    suffix = None
    if template.startswith("*."):
        suffix = template[1:]
        if "/" in suffix or "*" in suffix or "{" in suffix:
            raise PatternError('a suffix pattern is "*." and an ending, like "*.css"')
        expression = "(?s:.*)" + re.escape(suffix)
    elif template.startswith("/"):
        expression, names = _path_expression(template)
    else:
        raise PatternError(
            'a request pattern is "METHOD /path", "/path" or "*.ending"; '
            f"the path {template!r} starts with neither / nor *."
        )
    wild = bool(_PART.search(template))
    return RequestPattern(
        text=text,
        methods=methods,
        template=template,
        literal=None if wild or ignore_case else template,
        suffix=suffix,
        names=tuple(names),
        expression=expression,
        regex=re.compile(expression, re.IGNORECASE if ignore_case else 0),
    )


def _split_method(text: str) -> tuple[frozenset[str] | None, str]:
    words = text.split()
    if len(words) == 1:
        return None, words[0]
    if len(words) != 2:
        raise PatternError('expected "METHOD /path" with one space between')
    if words[0] == "*":
        return None, words[1]
    methods = words[0].split("|")
    for method in methods:
        if not _METHOD.match(method):
            raise PatternError(f"{method!r} is no method; expected GET, POST, GET|POST")
    return frozenset(method.upper() for method in methods), words[1]


def _path_expression(template: str) -> tuple[str, list[str]]:
    if "?" in template:
        raise PatternError(
            "a path has no ?; conditions on fields stand beside it: "
            "query: {name: value}"
        )
    if len(_PART.findall(template)) > MAX_WILDCARDS:
        raise PatternError(f"more than {MAX_WILDCARDS} wildcards in one pattern")
    names: list[str] = []
    pieces = [""]
    for segment in template[1:].split("/"):
        if segment == "**":
            pieces.append("")
        else:
            pieces[-1] += "/" + _segment_expression(segment, names)
    expression = pieces[0]
    for piece in pieces[1:-1]:
        # The first place where the piece fits is as good as any other, because
        # any depth follows: atomic, so that nothing is ever tried twice.
        expression += f"(?>(?:/[^/]*)*?{piece}(?=/|\\Z))"
    if len(pieces) > 1:
        expression += "(?:/(?s:.*))?" + pieces[-1]
    return expression, names


def _segment_expression(segment: str, names: list[str]) -> str:
    expression = ""
    pending = ""
    at = 0
    for found in _PART.finditer(segment):
        literal = _literal(segment[at : found.start()])
        at = found.end()
        name, any_depth, _ = found.groups()
        if any_depth:
            raise PatternError("** stands for whole segments: /static/** or /a/**/b")
        if pending and not literal:
            raise PatternError("two wildcards need text or a / between them")
        # All but the last wildcard of a segment end at the first place where
        # the text after them fits; atomic, so that matching stays linear.
        expression += f"(?>{_lazy(pending)}{literal})" if pending else literal
        pending = "[^/]*"
        if name is not None:
            _take_name(name, names)
            pending = "([^/]+)"
    return expression + pending + _literal(segment[at:])


def _lazy(wildcard: str) -> str:
    return wildcard[:-1] + "?)" if wildcard.endswith(")") else wildcard + "?"


def _take_name(name: str, names: list[str]) -> None:
    if not _NAME.match(name):
        raise PatternError(f"{{{name}}} needs a name of letters, digits and _")
    if name in names:
        raise PatternError(f"{{{name}}} occurs twice in one pattern")
    names.append(name)


def _literal(text: str) -> str:
    if "{" in text or "}" in text:
        raise PatternError("a { without its }; write {name}")
    return re.escape(text)


@dataclass(frozen=True, slots=True)
class Glob:
    """A text pattern in which ``*`` stands for any characters."""

    text: str
    regex: re.Pattern[str]

    def match(self, value: str) -> bool:
        """Whether the whole value fits."""
        return self.regex.fullmatch(value) is not None


def compile_glob(text: str) -> Glob:
    """``"/login*"``; every other character stands for itself."""
    first, *rest = [re.escape(piece) for piece in text.split("*")]
    if not rest:
        return Glob(text, re.compile(first))
    # Atomic, as in the segments of a path: linear whatever the value.
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1])
    return Glob(text, re.compile(first + middle + ".*" + rest[-1], re.DOTALL))


def segment_pattern(text: str) -> re.Pattern[str]:
    """A path segment that holds a key: ``(S({key})*)``; group 1 is the key.

    ``{key}`` is one or more characters other than brackets, ``*`` any.

    Raises:
        PatternError: not exactly one ``{key}``, or a slash.
    """
    before, mark, after = text.partition("{key}")
    if not mark or "{key}" in after or "/" in text:
        raise PatternError('a segment with one {key}, such as "(S({key})*)"')
    ahead, behind = compile_glob(before).regex, compile_glob(after).regex
    return re.compile(f"{ahead.pattern}([^(){{}}]++){behind.pattern}", re.DOTALL)


def plain_path(path: str) -> str:
    """The path as servers route it: no empty and no dot segments.

    ``/a//b``, ``/a/./b`` and ``/x/../a/b`` are all ``/a/b``; a trailing slash
    stays. Never raises and never climbs above the root.
    """
    if "//" not in path and "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment not in {"", "."}:
            kept.append(segment)
    plain = "/" + "/".join(kept)
    if kept and segments[-1] in {"", ".", ".."}:
        plain += "/"
    return plain
