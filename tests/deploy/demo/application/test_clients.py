"""The synthetic clients: made up, reproducible, and shaped like the real thing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.application.clients import (
    COUNT,
    Register,
    citizen_number,
    client,
    passes_eleven_test,
)
from deploy.demo.application.staff import ADVISORS, authenticate


def test_every_citizen_number_passes_the_eleven_test_and_is_its_owners_alone() -> None:
    """A number that fails the test, or two alike, would not look like a register."""
    numbers = [citizen_number(position) for position in range(COUNT)]

    assert all(passes_eleven_test(number) for number in numbers)
    assert len(set(numbers)) == COUNT
    assert all(number.startswith("999") for number in numbers)


@given(st.text(max_size=12))
def test_eleven_test_never_raises(text: str) -> None:
    """Whatever is tried, the answer is yes or no."""
    assert passes_eleven_test(text) in (True, False)


def test_eleven_test_refuses_one_wrong_digit() -> None:
    """The test can say no."""
    assert not passes_eleven_test("999000018")


@given(st.integers(0, 2**32), st.integers(0, COUNT - 1))
def test_a_client_depends_on_seed_and_number_only(seed: int, number: int) -> None:
    """The truth of one run is the truth of every run."""
    made = client(seed, number)
    client.cache_clear()

    assert client(seed, number) == made


@given(st.integers(0, COUNT - 1))
def test_a_client_fits_the_applications_charset(number: int) -> None:
    """A name that ISO-8859-1 cannot carry would become question marks."""
    made = client(2005, number)

    text = "".join((made.name, made.first_name, made.street, made.city, *made.health))
    assert text.encode("iso-8859-1").decode("iso-8859-1") == text


def test_names_with_diacritics_occur() -> None:
    """They are where a wrong charset shows."""
    names = {client(2005, number).surname for number in range(1000)}

    assert any(not name.isascii() for name in names)


def test_register_finds_by_prefix_whatever_the_case_and_nobody_by_nothing() -> None:
    """An empty search must not list everybody."""
    register = Register(2005, len(ADVISORS))

    found = register.numbered(register.named("jANs")[:20])

    assert len(found) == 20
    assert {made.surname for made in found} == {"Jansen"}
    assert register.named("  ") == []


def test_register_answers_none_for_what_is_no_client() -> None:
    """Ids come from the wire: any text must do no harm."""
    register = Register(2005, len(ADVISORS))

    assert register.get("900123") is not None
    for wrong in ("", "950000", "899999", "٩٠٠١٢٣", "900123 ", "1" * 5000, "abcdef"):
        assert register.get(wrong) is None


def test_caseloads_do_not_overlap() -> None:
    """Each client is guided by one advisor at most."""
    register = Register(2005, len(ADVISORS))
    loads = [register.caseload(advisor.number) for advisor in ADVISORS]

    assert len(ADVISORS) == 60
    assert sum(map(len, loads)) == len(set().union(*loads))
    assert all(200 <= len(load) <= 210 for load in loads)


def test_only_the_right_password_authenticates() -> None:
    """Sixty accounts, sixty passwords."""
    first, second = ADVISORS[:2]

    assert authenticate(first.account, first.password) == first
    assert authenticate(first.account, second.password) is None
    assert authenticate("nobody", "") is None
