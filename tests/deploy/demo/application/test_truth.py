"""The truth file: complete when it says so."""

from __future__ import annotations

from pathlib import Path

from deploy.demo.application.truth import TruthLog, TruthRecord, read_truth


def _record(number: int) -> TruthRecord:
    return TruthRecord(
        advisor="j.jansen",
        at_ns=number,
        page="client",
        action="view",
        clients=[str(900_000 + number)],
        categories=["contact"],
    )


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    """The scoring reads what the application wrote."""
    path = tmp_path / "truth.jsonl"
    records = [_record(number) for number in range(5)]

    with TruthLog(path, buffered=2) as log:
        for record in records:
            log.append(record)

    assert list(read_truth(path)) == records
    assert log.records == 5


def test_flush_completes_the_file_before_the_end(tmp_path: Path) -> None:
    """A running application can be scored."""
    path = tmp_path / "truth.jsonl"
    with TruthLog(path) as log:
        log.append(_record(1))
        held = path.stat().st_size
        log.flush()

        assert held == 0
        assert list(read_truth(path)) == [_record(1)]


def test_buffer_is_bounded(tmp_path: Path) -> None:
    """At the bound it is written, asked or not."""
    path = tmp_path / "truth.jsonl"
    with TruthLog(path, buffered=3) as log:
        for number in range(3):
            log.append(_record(number))

        assert len(list(read_truth(path))) == 3
