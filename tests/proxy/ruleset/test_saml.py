"""The ``saml`` login of a rule set."""

from __future__ import annotations

from proxy.attribution.spec import SamlLogin
from proxy.ruleset import RuleSet, load

RULES = """\
application: portal
session: {cookie: SID}
login:
  - saml:
      request: "POST /saml/acs"
      certificate: idp.pem
      audience: https://app.example/metadata
      {more}
    confirmed_when: {status: 303, set_cookie: {SID: changed}}
records:
  client:
    {request: "GET /client/{id}", action: view, subject: {type: client, id: path.id}}
"""


def read(more: str = "") -> SamlLogin:
    """The login of a rule set that is right."""
    found = load(RULES.replace("{more}", more).encode(), "rules.yaml")
    assert isinstance(found, RuleSet), str(found)
    (login,) = found.attribution.logins
    assert isinstance(login, SamlLogin)
    return login


def wrong(old: str, new: str = "") -> str:
    """The problems of one that is not."""
    text = RULES.replace("{more}", "name: name_id").replace(old, new)
    found = load(text.encode(), "rules.yaml")
    assert not isinstance(found, RuleSet)
    return str(found)


def test_certificate_and_audience_are_enough() -> None:
    """The name is the NameID, clocks may differ by a minute."""
    login = read()

    assert login.certificate == "idp.pem"
    assert login.files() == ("idp.pem",)
    assert login.audience == "https://app.example/metadata"
    assert login.attribute is None
    assert login.skew_ns == 60 * 10**9
    assert login.name == "saml"


def test_an_attribute_a_provider_and_an_address_can_be_demanded() -> None:
    """All keys."""
    login = read(
        "name: attribute.uid\n      issuer: https://idp.example\n"
        "      recipient: https://app.example/saml/acs\n      skew: 5s\n"
        "      scheme: saml-intranet"
    )

    assert login.attribute == "uid"
    assert login.issuer == "https://idp.example"
    assert login.recipient == "https://app.example/saml/acs"
    assert login.skew_ns == 5 * 10**9
    assert login.name == "saml-intranet"


def test_mistakes_are_told_with_their_line() -> None:
    """Each says what would be right."""
    assert "certificate: missing" in wrong("      certificate: idp.pem\n")
    assert "audience: missing" in wrong(
        "      audience: https://app.example/metadata\n"
    )
    assert "confirmed_when: missing" in wrong("confirmed_when", "confirmed")
    assert "name_id or attribute.NAME" in wrong("name: name_id", "name: uid")
    assert "name_id or attribute.NAME" in wrong("name: name_id", "name: attribute.")
    assert "one; write a login" in wrong('"POST /saml/acs"', '["POST /a", "POST /b"]')
    assert "rules.yaml:8" in wrong("name: name_id", "nam: name_id")
