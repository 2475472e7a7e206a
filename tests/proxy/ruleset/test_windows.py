"""The words ``ntlm`` and ``kerberos`` of a rule set."""

from __future__ import annotations

from proxy.attribution.spec import Identity
from proxy.attribution.specs.windows import KerberosIdentity, NtlmIdentity
from proxy.document import Problems
from proxy.ruleset import RuleSet, load

RECORDS = """
records:
  client: {request: "GET /client/{id}", action: view,
           subject: {type: client, id: path.id}}
"""


def read(identity: str) -> tuple[Identity, ...] | Problems:
    """The identities of a rule set with this list."""
    text = f"application: a\nidentity: {identity}\n{RECORDS}"
    found = load(text.encode(), "rules.yaml")
    return found.attribution.identities if isinstance(found, RuleSet) else found


def test_a_bare_word_is_enough() -> None:
    """Every key has a default."""
    assert read("[ntlm, kerberos]") == (NtlmIdentity(), KerberosIdentity())
    assert read("[ntlm: {}, kerberos: {}]") == (NtlmIdentity(), KerberosIdentity())


def test_every_key_is_read() -> None:
    """And the keytab is told to whoever loads files."""
    found = read(
        "[ntlm: {oem_charset: cp850, name: windows},"
        " kerberos: {keytab: http.keytab, persistent: true, name: ticket}]"
    )

    assert isinstance(found, tuple)
    assert found == (
        NtlmIdentity(oem_charset="cp850", name="windows"),
        KerberosIdentity(keytab="http.keytab", persistent=True, name="ticket"),
    )
    assert [each.keytabs() for each in found] == [(), ("http.keytab",)]


def test_a_code_page_is_one_that_writes_ascii_as_ascii() -> None:
    """UTF-16 and EBCDIC are no client's code page; hex is no charset at all."""
    for charset in ("utf-16", "cp037", "hex", "idna", "klingon", "ascii\\0"):
        found = read(f"[ntlm: {{oem_charset: '{charset}'}}]")

        assert isinstance(found, Problems), charset
        assert "code page" in str(found)
    for charset in ("cp437", "cp850", "cp1252", "ascii"):
        assert isinstance(read(f"[ntlm: {{oem_charset: {charset}}}]"), tuple)


def test_unknown_keys_are_reported() -> None:
    """With the place, as everywhere."""
    found = read("[ntlm: {charset: cp850}, kerberos: {persist: true}]")

    assert isinstance(found, Problems)
    assert "identity[0].ntlm.charset" in str(found)
    assert "identity[1].kerberos.persist" in str(found)
