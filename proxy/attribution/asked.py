"""What a request asked for: address and fields, read when first needed.

The path is the one servers route (``proxy.exchange.target``), so that a login
cannot be hidden behind ``//login`` or ``/x/../login``.
"""

from __future__ import annotations

from functools import cached_property

from proxy.attribution.spec import FieldSource, RequestMatch
from proxy.exchange.body import decode_content
from proxy.exchange.forms import Field, form_fields
from proxy.exchange.limits import Limits
from proxy.exchange.model import BodyState, Request
from proxy.exchange.target import Target, parse_target

_LIMITS = Limits()


class Asked:
    """One request, as the schemes read it."""

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

    @property
    def query(self) -> list[Field]:
        """Fields of the address, every one."""
        return self.target.query

    @cached_property
    def form(self) -> list[Field]:
        """Fields of the body, every one."""
        return form_fields(self.request)

    @cached_property
    def complete(self) -> bool:
        """Whether ``query`` and ``form`` are all the fields there are."""
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
