"""Commands, records with named fields, and layouts remembered per session."""

from __future__ import annotations

import pytest

from proxy.exchange.model import BodyState, Exchange
from proxy.extraction.dialects.base import calls_of
from proxy.extraction.dialects.registry import DIALECTS
from proxy.extraction.dialects.swe_records import MAX_COMPONENTS
from proxy.extraction.memory import Memory, SessionMemory
from proxy.extraction.view import View
from tests.support.dialects import (
    FORM,
    later,
    layout,
    node,
    property_set,
    record,
    rpc,
    star,
    told,
)
from tests.support.pages import exchange, rules

RULES = rules(
    """\
  page: {request: "/rpc", dialect: siebel, action: view, each: {siebel: Account}, subject: {type: a, id: json.Id}, data: {phone: {json: "Account[].Phone"}}}
  name: {request: "/name", dialect: siebel, action: view, each: {siebel: Account}, subject: {type: a, id: {json: '"Full Name"'}}}
"""  # noqa: E501
)
FIELDS = ("Full Name", "Phone", "Id")
KIND = f"{FORM}->text/html;charset=UTF-8"


def answer(body: str, target: str = "/rpc") -> Exchange:
    """An answer to some command."""
    return rpc("SWECmd=Gv", body, KIND, target=target)


def read(memory: Memory, session: bytes, one: Exchange) -> tuple[str, str, list[str]]:
    """What it shows, in a session."""
    view = RULES.view(one)
    view.memory = SessionMemory(memory, (session,))
    return told(RULES, view)


def names(target: str, form: str = "") -> tuple[str, ...]:
    """What a request goes by."""
    calls = calls_of(DIALECTS["siebel"], View(exchange(target, form=form)))
    return calls[0].names if calls else ()


@pytest.mark.parametrize(
    ("target", "form", "expected"),
    [
        ("/s?SWECmd=GotoView&SWEView=x", "", ("GotoView",)),
        ("/s?SWECmd=Gv", "", ("GotoView",)),
        ("/s", "SWECmd=Xlg&SWEUserName=x", ("ExecuteLogin",)),
        ("/s", "SWECmd=InvokeMethod&SWEMethod=Drilldown", ("Drilldown",)),
        ("/s", "SWECmd=InvokeMethod", ("InvokeMethod",)),
        ("/s?SWECmd=C&SWEMethod=Drilldown", "", ("CanInvokeMethod",)),
        ("/s?SWECmd=Unknown", "", ("Unknown",)),
        ("/s?SWEExtCmd=ExecuteLogin", "", ("ExecuteLogin",)),
        ("/s?SWECmd=Logoff&SWECmd=Gv", "", ("Logoff", "GotoView")),
        ("/s", "SWECmd=ExecuteLogin&SWEAC=SWECmd=GotoPageTab&SWEScreen=x",
         ("ExecuteLogin", "GotoPageTab")),
        ("/s", "SWECmd=Xlg&SWEAC=SWECmd%3DGv%26SWEView%3Dx",
         ("ExecuteLogin", "GotoView")),
        ("/s", "SWECmd=Gv&SWEAC=" + "SWEAC%3D" * 9 + "SWECmd%3DGp", ("GotoView",)),
        ("/s?x=1", "", ()),
    ],
)  # fmt: skip
def test_the_operation_is_the_command_in_its_long_form(
    target: str, form: str, expected: tuple[str, ...]
) -> None:
    """Short forms, methods and chained commands."""
    assert names(target, form) == expected


def test_commands_may_be_xml() -> None:
    """Of the XML interface."""
    block = (
        '<EXEC PATH="/s"><CMD NAME="SWECmd" VALUE="GotoView">'
        '<ARG NAME="SWEView">Account List</ARG></CMD></EXEC>'
    )

    (call,) = calls_of(DIALECTS["siebel"], View(rpc(block, "")))

    assert call.names == ("GotoView",)
    assert call.arguments["SWEView"] == ["Account List"]


def test_arguments_have_their_long_names() -> None:
    """As far as the short ones are published."""
    (call,) = calls_of(DIALECTS["siebel"], View(exchange("/s?SWECmd=Gv&SWEF=a&SWEC=3")))

    assert (call.arguments["SWEField"], call.arguments["SWECount"]) == (["a"], ["3"])


def test_records_have_named_fields_and_virtual_rows_are_none() -> None:
    """``VRId-0`` stands for a row that does not exist."""
    full = layout(
        "Account", FIELDS, record("1-63Q9", "Cliënt 😀", "06"), record("VRId-0", "", "")
    )

    assert told(RULES, answer(full)) == ("recorded", "", ["page:1-63Q9"])
    assert told(RULES, answer(full, "/name"))[2] == ["name:Cliënt 😀"]
    assert RULES.read(answer(full)).extracted.subjects[0].categories == ("phone",)


def test_a_component_that_is_not_there_has_no_rows() -> None:
    """A search that found nobody."""
    assert told(RULES, answer(layout("Contact", FIELDS, record("1", "", "")))) == (
        "recorded",
        "no_rows",
        [],
    )


def test_a_later_answer_is_read_by_the_layout_of_its_session() -> None:
    """And of no other one."""
    memory = Memory()
    full = layout("Account", FIELDS, record("1-A", "x", "y"))
    short = later(record("1-B", "Jansen", "06"))

    read(memory, b"one", answer(full))

    assert read(memory, b"one", answer(short)) == ("recorded", "", ["page:1-B"])
    assert read(memory, b"one", answer(short, "/name"))[2] == ["name:Jansen"]
    assert read(memory, b"two", answer(short)) == ("failed", "layout_unknown", [])
    assert told(RULES, answer(short)) == ("failed", "layout_unknown", [])


def test_a_layout_is_remembered_from_a_response_that_no_rule_claims() -> None:
    """The start page carries it as often as not."""
    memory = Memory()
    full = layout("Account", FIELDS)

    read(memory, b"one", answer(full, "/elsewhere"))

    assert read(memory, b"one", answer(later(record("1-B", "x", "y"))))[2] == [
        "page:1-B"
    ]


def test_a_layout_is_known_under_the_key_that_the_response_issued() -> None:
    """A login with a chained view changes the key."""
    memory = Memory()
    view = RULES.view(answer(layout("Account", FIELDS)))
    view.memory = SessionMemory(memory, (b"before",), (b"after",))
    RULES.read(view)

    assert read(memory, b"after", answer(later(record("1-B", "x", "y"))))[2] == [
        "page:1-B"
    ]


def test_a_later_layout_replaces_the_one_before() -> None:
    """``S_BC1`` is another component in another view."""
    memory = Memory()
    read(memory, b"one", answer(layout("Account", FIELDS)))
    read(memory, b"one", answer(layout("Contact", FIELDS)))

    assert read(memory, b"one", answer(later(record("1-B", "x", "y")))) == (
        "recorded",
        "no_rows",
        [],
    )


def test_a_layout_that_was_forgotten_is_a_failure_and_counted() -> None:
    """Shrunk: room for one session."""
    memory = Memory(1200)
    full, short = layout("Account", FIELDS), later(record("1-B", "x", "y"))
    read(memory, b"one", answer(full))
    read(memory, b"two", answer(full))

    assert read(memory, b"two", answer(short))[0] == "recorded"
    assert read(memory, b"one", answer(short)) == ("failed", "layout_unknown", [])
    assert memory.forgotten == 1


def test_a_layout_keeps_a_bounded_number_of_components() -> None:
    """However many responses define one."""
    memory = Memory()
    for number in range(MAX_COMPONENTS + 10):
        typed = f"S_BC{number}"
        read(memory, b"one", answer(layout("Account", FIELDS, typed=typed)))
    short = record("1-B", "x", "y")

    assert read(memory, b"one", answer(later(short, typed="S_BC0")))[0] == "failed"
    assert read(memory, b"one", answer(later(short, typed="S_BC137")))[0] == "recorded"


def test_older_answers_call_the_values_value_array() -> None:
    """Simulated."""
    memory = Memory()
    read(memory, b"one", answer(layout("Account", FIELDS)))
    body = property_set(
        node("", {}, [node("x", {"bc": "S_BC1", "ValueArray": "1_a1_b3_1-C"})])
    )

    assert read(memory, b"one", answer(body))[2] == ["page:1-C"]


def test_rows_that_do_not_fit_their_fields_keep_the_row_id_only() -> None:
    """Which value is whose cannot be told."""
    odd = layout("Account", FIELDS, record("1-A", "too few"))

    assert told(RULES, answer(odd)) == ("partial", "odd_row", ["page:1-A"])
    assert told(RULES, answer(odd, "/name"))[:2] == ("failed", "unreadable_rows")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("@0`0`x", ("failed", "bad_swe")),
        ("@0`0`0`1``0", ("partial", "")),
        ("<html>", ("failed", "not_siebel")),
        ("", ("failed", "not_siebel")),
    ],
)
def test_an_answer_that_is_no_property_set_says_why(
    body: str, expected: tuple[str, str]
) -> None:
    """Cut, broken, or a page of HTML."""
    status, reason, found = told(RULES, answer(body))

    assert found == []
    assert status == "failed"
    assert reason == (expected[1] or "bad_swe")


def test_every_cut_of_an_answer_gives_the_records_before_it() -> None:
    """In part, and never a record that is not there."""
    full = layout("Account", FIELDS, record("1-A", "x", "y"), record("1-B", "x", "y"))

    for end in range(len(full)):
        one = answer(full[:end])
        assert one.response is not None
        one.response.body_state = BodyState.CUT
        status, _, found = told(RULES, one)
        assert status in ("partial", "failed")
        assert found in ([], ["page:1-A"], ["page:1-A", "page:1-B"])


def test_html_of_standard_interactivity_is_left_as_it_is() -> None:
    """CSS looks at it."""
    ruleset = rules(
        '  p: {request: "/rpc", dialect: siebel, action: view, '
        "subject: {type: a, id: {css: a, attr: href, regex: 'SWERowId=([^&]+)'}}}\n"
    )
    body = '<a href="start.swe?SWECmd=GotoView&SWERowId=1-63Q9&x">x</a>'

    assert told(ruleset, answer(body))[2] == ["p:1-63Q9"]


def test_the_string_table_may_end_before_its_index() -> None:
    """A field without a name is no field."""
    fields = node("fl", {}, [node("f", {"n": "7"}), node("f", {"n": "Id"})])
    rows = node("rl", {}, [node("r", {"v": star("x", "1-A")})])
    body = property_set(
        node("", {}, [node("bci", {"n": "Account"}, [fields, rows], "S_BC1")])
    )

    assert told(RULES, answer(body))[2] == ["page:1-A"]
