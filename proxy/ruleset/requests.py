"""YAML → request patterns, with conditions on fields beside them."""

from __future__ import annotations

from dataclasses import dataclass

from proxy.attribution.spec import Field, FieldIs, FieldSource, RequestMatch
from proxy.document import Fields, Kind, Node, Problems
from proxy.exchange.patterns import (
    PatternError,
    RequestPattern,
    compile_glob,
    compile_pattern,
)


@dataclass(frozen=True, slots=True)
class RequestReader:
    """Reads patterns of one rule set."""

    problems: Problems
    ignore_case: bool = False

    def pattern(self, node: Node) -> RequestPattern | None:
        """The pattern written at a node; None after a problem."""
        expected = '"GET /client/{id}"'
        if node.kind is not Kind.SCALAR:
            said = f"{node.kind.value} stands here"
            self.problems.add(node.line, node.path, said, expected=expected)
            return None
        try:
            return compile_pattern(node.text, ignore_case=self.ignore_case)
        except PatternError as error:
            self.problems.add(node.line, node.path, str(error))
            return None

    def requests(self, fields: Fields) -> tuple[RequestMatch, ...]:
        """``request`` (one or a list) with ``query`` and ``form`` conditions."""
        expected = 'a request pattern such as "GET /client/{id}"'
        conditions = self._conditions(fields, FieldSource.QUERY)
        conditions += self._conditions(fields, FieldSource.FORM)
        node = fields.required("request", expected)
        if node is None:
            return ()
        patterns = [self.pattern(node) for node in fields.elements("request")]
        if not patterns:
            fields.wrong(node, "nothing is listed", expected)
        return tuple(
            RequestMatch(pattern, conditions)
            for pattern in patterns
            if pattern is not None
        )

    def _conditions(self, fields: Fields, source: FieldSource) -> tuple[FieldIs, ...]:
        conditions = []
        for name, node in fields.entries(source.value):
            if node.kind is not Kind.SCALAR:
                said = f"{node.kind.value} stands here"
                expected = 'text, in which * stands for anything ("*": any value)'
                self.problems.add(node.line, node.path, said, expected=expected)
                continue
            conditions.append(FieldIs(Field(source, name), compile_glob(node.text)))
        return tuple(conditions)
