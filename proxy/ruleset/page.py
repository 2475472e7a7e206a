"""The page that predicates look at, made of the view that selectors look at, so
that a response is decoded and parsed once for both."""

from __future__ import annotations

from functools import cached_property

import lxml.html
from typing_extensions import override

from proxy.attribution.page import Page
from proxy.extraction import Unreadable, View
from proxy.extraction.bodies.markup import read_markup


class _SharedPage(Page):
    """A page whose text and tree are those of a view."""

    def __init__(self, view: View) -> None:
        super().__init__(view.response)
        self._view = view

    @cached_property
    @override
    def _decoded(self) -> tuple[str, bool]:
        return self._view.text, self._view.complete

    @cached_property
    @override
    def _tree(self) -> lxml.html.HtmlElement | None:
        try:
            return self._view.document(read_markup, read_markup)
        except Unreadable:
            return None


def shared_page(view: View) -> Page:
    """The page of a view; only for an exchange that has a response."""
    page: Page = view.document(shared_page, _SharedPage)
    return page
