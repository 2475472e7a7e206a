"""What a failure means for rows, and for a question."""

from __future__ import annotations

import errno
import ssl

import pytest
from clickhouse_connect.driver.exceptions import (
    ClickHouseError,
    DatabaseError,
    DataError,
    OperationalError,
)

from proxy.store.port import StoreRejected, StoreUnavailable
from proxy.store.refusals import FINAL, FINAL_FOR_QUESTIONS, translated


def answered(code: int) -> DatabaseError:
    """The server's refusal."""
    error = DatabaseError(f"code: {code}, of the server\nand its stack")
    error.code = code
    return error


def raised(error: ClickHouseError, cause: BaseException) -> ClickHouseError:
    """The library's exception around another."""
    try:
        raise error from cause
    except ClickHouseError as found:
        return found


@pytest.mark.parametrize("code", [27, 53, 117, 469])
def test_a_refusal_of_the_data_is_final(code: int) -> None:
    """Another attempt with the same rows ends the same way."""
    assert isinstance(translated(answered(code), FINAL), StoreRejected)


@pytest.mark.parametrize("code", [60, 516, 497, 241, 159])
def test_a_slip_of_an_operator_never_sets_rows_aside(code: int) -> None:
    """A missing table, wrong credentials, no memory: evidence waits."""
    assert isinstance(translated(answered(code), FINAL), StoreUnavailable)


@pytest.mark.parametrize("code", [60, 497, 516])
def test_for_a_question_they_are_an_answer(code: int) -> None:
    """Nobody waits for a table."""
    assert isinstance(translated(answered(code), FINAL_FOR_QUESTIONS), StoreRejected)


def test_what_the_client_checks_itself_is_of_the_data() -> None:
    """A value of a wrong type; but a setting is the operator's."""
    assert isinstance(translated(DataError("wrong type"), FINAL), StoreRejected)
    slip = translated(DataError("Setting x is not writable"), FINAL)
    assert isinstance(slip, StoreUnavailable)


def test_the_network_is_told_in_its_own_words() -> None:
    """However many libraries wrapped it."""
    inner = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    middle = raised(OperationalError("HTTPConnectionPool(host='x'): retries"), inner)

    found = translated(raised(OperationalError("Error " * 50), middle), FINAL)

    assert str(found) == "the store does not answer: connection refused"


def test_a_certificate_that_is_refused_is_told() -> None:
    """The way out is another one than for a store that is away."""
    inner = ssl.SSLCertVerificationError(1, "[SSL: X] certificate verify failed")
    inner.verify_message = "self-signed certificate"

    found = translated(raised(OperationalError("Error"), inner), FINAL)

    assert str(found) == "the store's certificate is refused: self-signed certificate"


def test_only_the_first_line_of_an_answer_is_told_and_it_is_bounded() -> None:
    """A stack of the server is nobody's answer."""
    assert "stack" not in str(translated(answered(241), FINAL))
    assert len(str(translated(OperationalError("x" * 10_000), FINAL))) == 500
