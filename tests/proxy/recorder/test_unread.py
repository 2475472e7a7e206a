"""Pages that were not read are counted by where and why."""

from __future__ import annotations

import msgspec

from proxy.events import Actor, ExchangeRecorded, Extraction
from proxy.recorder.unread import MOST_TOLD, Unread

EVENT = ExchangeRecorded(
    application="sonar",
    wire=1,
    connection=1,
    request_offset=0,
    started_ns=0,
    ended_ns=0,
    monotonic_ns=0,
    method="GET",
    path="/client/{}",
    rule="",
    status=200,
    request_bytes=0,
    response_bytes=0,
    content_type="text/html",
    client_address="10.0.0.1",
    actor=Actor(),
    extraction=Extraction.UNMAPPED,
    extraction_reason="bsn",
    views=0,
    ruleset="",
)


def met(unread: Unread, times: int = 1, **changes: object) -> None:
    """So many exchanges like ``EVENT``, with these changes."""
    for _ in range(times):
        unread.count(msgspec.structs.replace(EVENT, **changes))


def test_what_was_read_is_not_counted() -> None:
    """Nor what was expected to show nothing, nor what was never answered."""
    unread = Unread()
    met(unread, extraction=Extraction.FAILED, status=0)
    met(unread, extraction=Extraction.RECORDED)
    met(unread, extraction=Extraction.NOTHING_EXPECTED)

    assert unread.status() == {
        "unread": 0,
        "unread_by_outcome": {},
        "unread_pages": [],
    }


def test_unmapped_pages_with_a_sign_come_first() -> None:
    """Then those without, then rules that failed; the most frequent first."""
    unread = Unread()
    met(unread, 9, extraction=Extraction.FAILED, extraction_reason="drift")
    met(unread, 5, path="/news", extraction_reason="no_rule")
    met(unread, 1, path="/a")
    met(unread, 2, path="/b")

    status = unread.status()

    assert [(page["path"], page["exchanges"]) for page in status["unread_pages"]] == [
        ("/b", 2),
        ("/a", 1),
        ("/news", 5),
        ("/client/{}", 9),
    ]
    assert status["unread_by_outcome"] == {"failed": 9, "unmapped": 8}
    assert status["unread"] == 17


def test_the_table_and_the_report_are_bounded() -> None:
    """Shrunk: the page that was longest not met makes room, and is counted."""
    unread = Unread(most=2)
    met(unread, path="/a")
    met(unread, path="/b")
    met(unread, path="/a")
    met(unread, path="/c")
    many = Unread()
    for number in range(3 * MOST_TOLD):
        met(many, path=f"/{number}")

    paths = [page["path"] for page in unread.status()["unread_pages"]]
    assert (sorted(paths), unread.forgotten) == (["/a", "/c"], 1)
    assert len(many.status()["unread_pages"]) == MOST_TOLD
