"""Apache with mod_auth_gssapi in front of a page: a real Kerberos application."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.kdc import Realm
from tests.support.waiting import until

PACKAGES = ("apache2-bin", "libapache2-mod-auth-gssapi", "curl")
HOST = "app.office.example"
MODULES = (
    "mpm_event authn_core authz_core authz_user auth_gssapi session session_cookie "
    "headers dir mime"
)
PAGES = ("client", "pooled")
"""Pages of each area."""
_MODULES = Path("/usr/lib/apache2/modules")


@dataclass(frozen=True, slots=True)
class Kerberized:
    """Where it listens. ``/protected/`` wants a ticket each time, ``/kept/`` once
    per connection, ``/cookie/`` hands out a session cookie; ``/public/`` does not
    look at credentials."""

    port: int
    log: Path

    @property
    def users(self) -> list[tuple[str, str]]:
        """(path, user) of every request it answered, as it saw them itself."""
        lines = self.log.read_text().splitlines()
        return [(line.split()[0], line.split()[1]) for line in lines]


@contextmanager
def kerberized(directory: Path, realm: Realm, keytab: Path) -> Iterator[Kerberized]:
    """The application, running until the block ends.

    Started by root it runs as ``nobody``, who must be able to reach ``directory``.
    """
    own = directory / "own"
    own.mkdir(parents=True)
    copy = own / "application.keytab"
    shutil.copyfile(keytab, copy)
    copy.chmod(0o600)
    if os.geteuid() == 0:
        for path in (own, copy):
            shutil.chown(path, "nobody", "nogroup")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    for area in ("protected", "kept", "cookie", "public"):
        folder = directory / "pages" / area
        folder.mkdir(parents=True)
        for name in PAGES:
            (folder / f"{name}.html").write_text("<p id=client>4711</p>\n")
    modules = "\n".join(
        f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in MODULES.split()
    )
    gssapi = f"AuthType GSSAPI\nAuthName office\nGssapiCredStore keytab:{copy}\n"
    (directory / "httpd.conf").write_text(
        f"""\
ServerName {HOST}
ServerRoot {directory}
PidFile {directory}/httpd.pid
DefaultRuntimeDir {directory}
Listen 127.0.0.1:{port}
{modules}
<IfModule !unixd_module>
LoadModule unixd_module {_MODULES}/mod_unixd.so
</IfModule>
User nobody
Group nogroup
DocumentRoot {directory}/pages
TypesConfig /dev/null
AddType text/html .html
StartServers 1
ErrorLog {directory}/error.log
LogFormat "%U %u" who
CustomLog {directory}/access.log who
KeepAlive On
KeepAliveTimeout 30
<Location /protected>
{gssapi}Require valid-user
</Location>
<Location /kept>
{gssapi}GssapiConnectionBound On
Require valid-user
</Location>
<Location /cookie>
{gssapi}Require valid-user
Header set Set-Cookie "expr=SID=session-of-%{{REMOTE_USER}}; Path=/"
</Location>
<Location /public>
Require all granted
</Location>
"""
    )
    server = subprocess.Popen(
        ["/usr/sbin/apache2", "-X", "-f", str(directory / "httpd.conf")],
        # A replay cache of its own, and of the account it runs as.
        env={**realm.environment, "KRB5RCACHEDIR": str(own)},
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: _listens(port, server), "Apache listens")
        yield Kerberized(port, directory / "access.log")
    finally:
        server.terminate()
        server.wait(10)


def _listens(port: int, server: subprocess.Popen[bytes]) -> bool:
    assert server.poll() is None, "Apache ended"
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True
