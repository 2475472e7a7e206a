"""What a request asked for: address and fields, read when first needed.

The path is the one servers route (``proxy.exchange.target``), so that a login
cannot be hidden behind ``//login`` or ``/x/../login``.
"""

from __future__ import annotations

from proxy.attribution.spec import FieldSource, RequestMatch
from proxy.exchange.body import decode_content
from proxy.exchange.forms import Field, form_fields
from proxy.exchange.limits import Limits
from proxy.exchange.model import BodyState, Request
from proxy.exchange.target import Target, parse_target

_LIMITS = Limits()


class Asked:
    """One request, as the schemes read it."""

    __slots__ = ("_complete", "_form", "method", "path", "request", "target", "wall_ns")

    def __init__(
        self,
        request: Request,
        target: Target | None = None,
        wall_minus_monotonic_ns: int = 0,
    ) -> None:
        self.request = request
        self.wall_ns = request.start_ns + wall_minus_monotonic_ns
        """Wall clock at the first byte, ns since the epoch: what validity periods
        are compared with."""
        self.method = request.method.decode("latin-1")
        self.target = target or parse_target(
            request.target, connect=request.method == b"CONNECT"
        )
        self.path = self.target.path
        self._form: list[Field] | None = None
        self._complete: bool | None = None

    @property
    def query(self) -> list[Field]:
        """Fields of the address, every one."""
        return self.target.query

    @property
    def form(self) -> list[Field]:
        """Fields of the body, every one."""
        form = self._form
        if form is None:
            form = self._form = form_fields(self.request)
        return form

    @property
    def complete(self) -> bool:
        """Whether ``query`` and ``form`` are all the fields there are."""
        complete = self._complete
        if complete is None:
            complete = self._complete = self._is_complete()
        return complete

    def _is_complete(self) -> bool:
        if len(self.query) >= _LIMITS.fields or len(self.form) >= _LIMITS.fields:
            return False
        if self.request.body_state is not BodyState.COMPLETE:
            return False
        if len(self.request.body) > _LIMITS.field_bytes:
            return False
        coded = self.request.get(b"content-encoding") is not None
        return not coded or decode_content(self.request).state is BodyState.COMPLETE

    def fits(self, match: RequestMatch) -> bool:
        """Whether this request is one of those."""
        if match.pattern.match(self.method, self.path) is None:
            return False
        return all(
            any(
                name == condition.field.name and condition.pattern.match(value)
                for name, value in (
                    self.query
                    if condition.field.source is FieldSource.QUERY
                    else self.form
                )
            )
            for condition in match.conditions
        )
