"""A visit: what of the form goes back with the login."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.app.visiting import NotOpened, Step, Visit, hidden_fields, visit
from tests.support.tickets import PASSWORD, tickets

FORM = b"""
<form action=/search><input type=hidden name=scope value=all><input name=q></form>
<form method=post>
  <input type="HIDDEN" name="csrf" value="t0ken"><input type=hidden value=nameless>
  <input type=hidden name=empty><input name=username><input type=Password name=word>
</form>
"""


def test_hidden_fields_are_those_of_the_form_that_asks_for_a_password() -> None:
    """Not those of a search box on the same page, nor what has no name."""
    assert hidden_fields(FORM) == {"csrf": "t0ken", "empty": ""}
    assert hidden_fields(b"") == {}
    assert hidden_fields(b"nothing") == {}


@given(st.binary(max_size=200))
def test_any_page_has_fields_or_none(page: bytes) -> None:
    """It is the application's, and may be anything."""
    assert isinstance(hidden_fields(page), dict)


async def test_a_page_is_shown_to_who_logged_in() -> None:
    """With the cookie of the login."""
    with tickets() as application:
        await visit(visiting(application.url, "/client/7"))

        assert application.shown["canary", "view", "7"] == 1


async def test_the_step_that_failed_is_told_and_the_password_is_not() -> None:
    """A page that is not there, and an application that is not there."""
    with tickets() as application:
        with pytest.raises(NotOpened) as absent:
            await visit(visiting(application.url, "/nowhere"))
        url = application.url
    with pytest.raises(NotOpened) as gone:
        await visit(visiting(url, "/client/7"))

    assert (absent.value.step, absent.value.detail) == (Step.PAGE, "answered 404")
    assert gone.value.step is Step.LOGIN
    for each in (absent.value, gone.value, visiting(url, "/")):
        assert PASSWORD not in f"{each} {each!r}"


def visiting(url: str, page: str) -> Visit:
    """The test account on its way to a page."""
    form = (("username", "canary"), ("password", PASSWORD))
    return Visit(url=url, login="/login", form=form, page=page)
