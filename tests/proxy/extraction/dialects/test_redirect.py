"""Pages that only lead elsewhere, and pages that do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange.model import BodyState
from proxy.extraction.dialects.redirect import MAX_PAGE, MAX_SHOWN, is_redirect_page
from proxy.extraction.view import View
from tests.support.dialects import told
from tests.support.pages import exchange, rule, view

SHOWN = "x" * (MAX_SHOWN + 1)
RULE = rule("skip_redirects: true, subject: {type: c, id: query.id}")


@pytest.mark.parametrize(
    "body",
    [
        "<html><head><meta http-equiv=refresh content='0;url=/login'></head>",
        '<META CONTENT="1; URL=/login" HTTP-EQUIV="Refresh">Please wait',
        "<meta http-equiv='refresh' content=';url=/l'>",
        "<script>window.location.href='/login'</script>",
        "<script type=x>top.location = '/login';</script><a href=/l>click here</a>",
        "<script>location.replace('/login')</script>",
        "<body onload=\"document.location='/login'\">",
        "<title>" + SHOWN + "</title><script>location='/l'",
    ],
)
def test_a_page_that_only_leads_elsewhere_shows_nothing(body: str) -> None:
    """A redirect inside a 200."""
    assert told(RULE, exchange("/page?id=1", body)) == (
        "nothing_expected",
        "redirect",
        [],
    )


@pytest.mark.parametrize(
    "body",
    [
        "<meta http-equiv=refresh content='1200;url=/timeout'><p>900123",
        "<meta http-equiv=refresh content='0'><p>900123",
        f"<meta http-equiv=refresh content='0;url=/l'><p>{SHOWN}",
        "<script>if (location == top.location) x()</script><p>900123",
        "<p>location = here</p>",
        f"<head><script>location='/l'</script><p>{SHOWN}",
        "<script>location='/l'</script><form><input value=900123></form>",
        "<script>location='/l'</script><table><tr><td>900123</table>",
        "<script>location='/l'</script>" + " " * MAX_PAGE,
        "",
    ],
)
def test_a_page_that_shows_something_is_no_redirect(body: str) -> None:
    """In doubt it was shown."""
    assert not is_redirect_page(view(body))
    assert told(RULE, exchange("/page?id=1", body))[2] == ["page:1"]


def test_a_page_that_was_cut_is_no_redirect() -> None:
    """What was to come is not known."""
    body = "<script>location='/l'</script>"

    assert not is_redirect_page(View(exchange("/", body, state=BodyState.CUT)))


def test_pages_are_not_looked_at_unless_asked() -> None:
    """And other statuses keep their reason."""
    plain = rule("subject: {type: c, id: query.id}")
    body = "<script>location='/l'</script>"

    assert told(plain, exchange("/page?id=1", body))[0] == "recorded"
    assert told(RULE, exchange("/page?id=1", body, status=302))[1] == "status_302"


@given(
    st.lists(
        st.sampled_from(
            ["<meta ", "http-equiv=refresh ", "content='", "0;url=", "<script", ">",
             "location", "=", "<!--", "onload='", " ", "</script>", "<"]
        ),
        max_size=3000,
    )
)  # fmt: skip
def test_anything_is_looked_at_in_bounded_time(pieces: list[str]) -> None:
    """The page's size and the patterns' form see to that."""
    is_redirect_page(view("".join(pieces)))
