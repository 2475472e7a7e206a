"""The inquiry of a question, of the service or of a command."""

from __future__ import annotations

from datetime import UTC, datetime

from proxy.asking.asked import Asked

WHO = {"inquiry": "ab", "person": "joan", "address": "::1"}


def test_a_question_about_a_period_is_recorded_with_it() -> None:
    """And with who asked, from where and why."""
    start, end = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    asked = Asked(question="why", reason=" case 7 ", start=start, end=end)

    made = asked.inquiry(**WHO, now_ns=5)

    assert (made.person, made.client_address, made.inquiry) == ("joan", "::1", "ab")
    assert (made.at_ns, made.reason) == (5, "case 7")
    assert made.from_ns == int(start.timestamp()) * 10**9
    assert made.to_ns == int(end.timestamp()) * 10**9


def test_a_question_about_no_period_is_of_its_own_moment() -> None:
    """And one about nobody has no type of subjects."""
    made = Asked(question="why", reason="x", subject_type="client").inquiry(
        **WHO, now_ns=5
    )

    assert (made.from_ns, made.to_ns) == (5, 5)
    assert (made.subject_type, made.subjects) == ("", ())
