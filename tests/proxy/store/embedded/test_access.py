"""Who gets in."""

from __future__ import annotations

from base64 import b64encode

import pytest

from proxy.store.embedded.access import authenticate
from proxy.store.embedded.errors import QueryFailed
from proxy.store.embedded.settings import User

USERS = {"whosaw": User("whosaw", "s3cret:é", writes=True), "open": User("open", "")}


def _basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(text.encode()).decode()}


@pytest.mark.parametrize(
    ("headers", "parameters"),
    [
        ({"X-ClickHouse-User": "whosaw", "X-ClickHouse-Key": "s3cret:é"}, {}),
        (_basic("whosaw:s3cret:é"), {}),
        ({}, {"user": "whosaw", "password": "s3cret:é"}),
    ],
)
def test_credentials_are_taken_in_each_form_of_clickhouse(
    headers: dict[str, str], parameters: dict[str, str]
) -> None:
    """Headers, Basic, parameters."""
    assert authenticate(headers, parameters, USERS).writes


@pytest.mark.parametrize(
    ("headers", "parameters"),
    [
        ({}, {}),
        ({"X-ClickHouse-User": "whosaw"}, {}),
        ({"X-ClickHouse-User": "nobody", "X-ClickHouse-Key": ""}, {}),
        ({"X-ClickHouse-User": "open", "X-ClickHouse-Key": ""}, {}),
        (_basic("whosaw"), {}),
        ({"Authorization": "Basic %%%"}, {}),
        ({"Authorization": "Bearer s3cret:é"}, {}),
        ({}, {"user": "whosaw", "password": "wrong"}),
    ],
)
def test_every_other_way_is_refused_alike(
    headers: dict[str, str], parameters: dict[str, str]
) -> None:
    """An unknown user, a wrong and an empty password give one answer."""
    with pytest.raises(QueryFailed) as failed:
        authenticate(headers, parameters, USERS)

    assert failed.value.code == 516
    assert failed.value.status == 403
    assert "s3cret" not in failed.value.message


def test_a_password_does_not_show_in_a_representation() -> None:
    """Settings get logged; passwords must not."""
    assert "s3cret" not in repr(USERS)
