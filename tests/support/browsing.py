"""Exchanges as a browser and an application would make them, without bytes."""

from __future__ import annotations

from proxy.exchange.model import BodyState, Exchange, Request, Response

MS = 10**6
"""Nanoseconds."""
LATER = 10**9


def exchange(
    target: str,
    *,
    at: int = LATER,
    took: int = 10 * MS,
    method: str = "GET",
    cookie: str = "",
    form: str = "",
    status: int = 200,
    set_cookie: str | tuple[str, ...] = (),
    location: str = "",
    body: bytes = b"",
    content_type: str = "text/html",
    answered: bool = True,
    response_at: int | None = None,
    offset: int = 0,
) -> Exchange:
    """One exchange: request from ``at``, answered ``took`` nanoseconds later."""
    request = Request(
        method=method.encode(),
        target=target.encode(),
        start_ns=at,
        end_ns=at,
        start_offset=offset,
        end_offset=offset + 100,
    )
    if cookie:
        request.headers.append((b"cookie", cookie.encode()))
    if form:
        request.method = b"POST"
        request.headers.append((b"content-type", b"application/x-www-form-urlencoded"))
        request.body = form.encode()
        request.content_length = len(form)
    if not answered:
        return Exchange(request)
    response = Response(
        status=status,
        body=body,
        body_state=BodyState.COMPLETE,
        start_ns=at + took if response_at is None else response_at,
        end_ns=at + took,
        content_length=len(body),
    )
    response.headers.append((b"content-type", content_type.encode()))
    if isinstance(set_cookie, str):
        set_cookie = (set_cookie,)
    response.headers += [(b"set-cookie", value.encode()) for value in set_cookie]
    if location:
        response.headers.append((b"location", location.encode()))
    return Exchange(request, response)
