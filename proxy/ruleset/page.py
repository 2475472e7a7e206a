"""The page that predicates look at, made of the view that selectors look at, so
that a response is decoded and parsed once for both."""

from __future__ import annotations

from proxy.attribution.page import Page
from proxy.extraction import View


def shared_page(view: View) -> Page:
    """The page of a view; only for an exchange that has a response."""
    page: Page = view.document(shared_page, lambda view: Page(view.response))
    return page
