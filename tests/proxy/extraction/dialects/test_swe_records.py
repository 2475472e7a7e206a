"""Records of property sets: names of fields, values, row ids."""

from __future__ import annotations

from proxy.extraction.dialects.swe_records import Layout, Records, read_records
from proxy.extraction.dialects.swe_tree import parse_property_set
from tests.support.dialects import later, layout, node, property_set, record, star

FIELDS = ("Name", "Phone", "Id")


def records(text: str, known: Layout | None = None) -> Records:
    """Of a property set."""
    root, whole = parse_property_set(text)
    assert root is not None
    assert whole
    return read_records(root, known)


def test_values_stand_under_the_names_of_their_fields() -> None:
    """The last one is the row id."""
    found = records(layout("Account", FIELDS, record("1-A", "Jansen", "06")))

    assert found.rows == {"Account": [{"Name": "Jansen", "Phone": "06", "Id": "1-A"}]}
    assert (found.changed, found.flaws) == (True, [])


def test_a_known_layout_explains_and_stays_as_it_was() -> None:
    """It belongs to the session, not to the answer."""
    known = records(layout("Account", FIELDS)).layout

    found = records(later(record("1-B", "x", "y")), known)
    records(layout("Contact", FIELDS), known)

    assert found.rows == {"Account": [{"Name": "x", "Phone": "y", "Id": "1-B"}]}
    assert not found.changed
    assert known.components["S_BC1"].name == "Account"


def test_of_two_fields_with_one_name_the_first_counts() -> None:
    """And one without a name is left out."""
    found = records(layout("A", ("X", "X", "", "Id"), record("1", "a", "b", "c")))

    assert found.rows == {"A": [{"X": "a", "Id": "1"}]}


def test_a_row_whose_values_contradict_its_id_is_told() -> None:
    """The id of the row counts."""
    row = node("r", {"v": star("x", "y", "1-B"), "i": "1-A"})

    found = records(layout("Account", FIELDS, row))

    assert found.rows["Account"][0]["Id"] == "1-A"
    assert found.flaws == ["odd_row"]


def test_a_row_of_which_no_id_can_be_told_is_a_flaw_and_no_record() -> None:
    """Half a star array ends with some value, not with the id."""
    cut = node("r", {"v": star("x") + "9*y"})
    short = node("r", {"v": star("x", "06")})

    found = records(layout("Account", FIELDS, cut, short))

    assert found.rows == {}
    assert found.flaws == ["bad_star_array", "odd_row"]


def test_rows_outside_any_component_are_no_records() -> None:
    """Nobody says what they are."""
    assert records(property_set(node("", {}, [record("1-A", "x")]))).rows == {}


def test_the_size_of_a_layout_grows_with_what_it_holds() -> None:
    """The memory is bounded by it."""
    small = records(layout("Account", FIELDS)).layout
    large = records(layout("Account", [*FIELDS, "x" * 1000])).layout

    assert large.size >= small.size + 2000
