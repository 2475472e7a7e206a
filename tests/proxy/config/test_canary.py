"""Who looks from outside, as the config says."""

from __future__ import annotations

from pathlib import Path

from proxy.config import Canary, Config, read
from proxy.document import Problems


def config(text: str) -> tuple[Config | None, str]:
    """The config of a text, and what is wrong with it."""
    problems = Problems("whosaw.yaml")
    found = read(APPLICATION + text, Path("/there/whosaw.yaml"), problems)
    return found, str(problems)


APPLICATION = """
applications:
  sonar: {rules: r.yaml, listen: "127.0.0.1:1", upstream: "http://127.0.0.1:2"}
"""
CANARY = """
canary:
  application: sonar
  login: /login
  fields: {username: canary, realm: north}
  password_file: word
  page: /client/4711
  client: "4711"
  account: canary
"""


def test_a_canary_is_read_with_what_it_fills_in() -> None:
    """Files count from the config's folder; every quarter of an hour, in a minute."""
    found, _ = config(CANARY)

    assert found is not None
    assert found.canary == Canary(
        application="sonar",
        url=None,
        ca=None,
        login="/login",
        fields=(("username", "canary"), ("realm", "north")),
        password_field="password",
        password_file=Path("/there/word"),
        page="/client/4711",
        subject_type="client",
        client="4711",
        account="canary",
        every=900.0,
        within=60.0,
    )
    without, _ = config("")
    assert without is not None
    assert without.canary is None


def test_an_application_that_is_not_there_and_a_page_that_is_no_path_are_mistakes() -> (
    None
):
    """With their keys; and nothing that was written as a field is told."""
    _, wrong = config(
        CANARY.replace("sonar", "radar").replace("/client/4711", "client")
    )
    _, short = config("canary: {application: sonar}\n")

    assert "no such application" in wrong
    assert "canary.page" in wrong
    for key in ("login", "fields", "password_file", "page", "client", "account"):
        assert f"canary.{key}" in short
