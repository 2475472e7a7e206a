"""A private Kerberos realm: a real KDC on a free port, in a directory of its own.

No file of the system is read or written: every program gets ``environment``.
"""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.waiting import until

REALM = "OFFICE.EXAMPLE"
PACKAGES = ("krb5-kdc", "krb5-admin-server", "krb5-user")
_TOKENS = """
import base64, gssapi, sys
name = gssapi.Name("HTTP@" + sys.argv[1], gssapi.NameType.hostbased_service)
spnego = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
for _ in range(int(sys.argv[2])):
    context = gssapi.SecurityContext(name=name, usage="initiate", mech=spnego)
    print(base64.b64encode(context.step()).decode())
"""


@dataclass(frozen=True, slots=True)
class Realm:
    """Principals and their tickets."""

    directory: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        """For every program that is to live in this realm."""
        return {
            **os.environ,
            "KRB5_CONFIG": str(self.directory / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(self.directory / "kdc.conf"),
            "KRB5RCACHEDIR": str(self.directory),
            "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin",
        }

    def add(self, principal: str, word: str | None = None) -> None:
        """A principal with this password; without one, with a random key."""
        key = "-randkey" if word is None else f"-pw {word}"
        self._run("kadmin.local", "-q", f"addprinc {key} {principal}")

    def new_key(self, principal: str) -> None:
        """Rotate the key of a principal; keytabs of before open nothing new."""
        self._run("kadmin.local", "-q", f"cpw -randkey {principal}")

    def keytab(self, name: str, *principals: str) -> Path:
        """A keytab file with the keys these principals have now."""
        path = self.directory / name
        words = " ".join(principals)
        self._run("kadmin.local", "-q", f"ktadd -norandkey -k {path} {words}")
        path.chmod(0o600)
        return path

    def ticket(self, user: str, word: str) -> dict[str, str]:
        """The environment of a user who has logged in to the realm."""
        cache = self.directory / f"tickets-{user}"
        environment = {**self.environment, "KRB5CCNAME": f"FILE:{cache}"}
        self._run("kinit", user, words=word + "\n", environment=environment)
        return environment

    def tokens(
        self, environment: dict[str, str], host: str, count: int = 1
    ) -> list[bytes]:
        """Negotiate tokens of a user for ``http://host``; needs gssapi."""
        done = subprocess.run(
            [sys.executable, "-c", _TOKENS, host, str(count)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [base64.b64decode(line) for line in done.stdout.split()]

    def _run(
        self,
        *command: str,
        words: str = "",
        environment: dict[str, str] | None = None,
    ) -> None:
        done = subprocess.run(
            command,
            input=words,
            env=environment or self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command[0], done.stderr)


@contextmanager
def realm(directory: Path) -> Iterator[Realm]:
    """A realm without principals, its KDC running until the block ends."""
    directory.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    found = Realm(directory, port)
    (directory / "krb5.conf").write_text(
        f"""\
[libdefaults]
default_realm = {REALM}
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
[realms]
{REALM} = {{
  kdc = 127.0.0.1:{port}
}}
"""
    )
    (directory / "kdc.conf").write_text(
        f"""\
[kdcdefaults]
kdc_listen = 127.0.0.1:{port}
kdc_tcp_listen = 127.0.0.1:{port}
[realms]
{REALM} = {{
  database_name = {directory}/principal
  key_stash_file = {directory}/stash
  acl_file = {directory}/acl
}}
[logging]
kdc = FILE:{directory}/kdc.log
admin_server = FILE:{directory}/kadmin.log
"""
    )
    found._run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master-word")
    kdc = subprocess.Popen(
        ["krb5kdc", "-n", "-r", REALM], env=found.environment, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: _listens(port), "the KDC listens")
        yield found
    finally:
        kdc.terminate()
        kdc.wait(10)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True
