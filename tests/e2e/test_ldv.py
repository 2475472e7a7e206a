"""Lines for citizens, from a browser's click to a receiver of the OTLP protocol."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tests.support.lines_receiver import Reply, lines_receiver
from tests.support.sidecars import Front, sidecar
from tests.support.tickets import RULES, Browser, tickets
from tests.support.waiting import until


def test_every_page_becomes_lines_without_an_employee(tmp_path: Path) -> None:
    """Through a receiver that is away for a while; the store tells the same."""
    with (
        lines_receiver() as there,
        tickets() as application,
        sidecar(
            tmp_path,
            [Front(name="tickets", rules=RULES, upstream=application.url)],
            more=f"ldv:\n  otlp: {there.url}",
        ) as running,
    ):
        there.replies += [Reply(503, retry_after="1"), Reply(503)]
        with closing(Browser(running.port())) as browser:
            browser.login("joan")
            browser.get("/client/101")
            browser.get("/clients")
        running.until_exchanges(3)
        until(lambda: len(there.by_id()) == 6, "six lines", 30)
        # The report is written once a second.
        until(lambda: running.figure("ldv", "ldv_lines") == 6, "six lines told", 10)

        spans = there.by_id().values()
        parents = {span.span_id: span for span in spans if not span.parent_span_id}
        children = [span for span in spans if span.parent_span_id]
        assert sorted(span.name for span in parents.values()) == [
            "client",
            "client_search",
        ]
        assert len(children) == 4
        assert all(
            parents[span.parent_span_id].trace_id == span.trace_id for span in children
        )
        assert "joan" not in "".join(map(str, spans))
        assert "127.0.0.1" not in "".join(map(str, spans))
        assert running.figure("ldv", "ldv_rejected") == 0
