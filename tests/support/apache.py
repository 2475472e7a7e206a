"""Apache as the application: real servers of Basic, Digest, forms and TLS.

Its own access log, which the tests read, is the truth about who a request was of.
Areas, each with a page ``client.html`` at any depth that is asked for:

=============  ==============================================================
``/open``      looks at no credentials
``/basic``     mod_auth_basic, realm ``Intranet``
``/cookie``    the same, and sets a session cookie for whom it is
``/digest``    mod_auth_digest, realm ``Intranet``
``/brief``     the same, with a nonce that is old after a second
``/form``      mod_auth_form; log in at ``POST /dologin``, out at ``/logout``
``/bearer``    403 without an ``Authorization: Bearer`` header, whatever is in it
``/refused``   401 for everybody
=============  ==============================================================

The session cookie of mod_auth_form holds the *password* in clear, because
mod_session_crypto is not loaded: a canary.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificates import Issued
from tests.support.waiting import until

PACKAGES = ("apache2-bin", "curl")
REALM = "Intranet"
MODULES = (
    "mpm_event authn_core authn_file authz_core authz_user auth_basic auth_digest "
    "auth_form request session session_cookie headers alias dir mime ssl"
)
_MODULES = Path("/usr/lib/apache2/modules")


@dataclass(frozen=True, slots=True)
class Answered:
    """A request, as Apache itself saw it; ``-``: nobody."""

    path: str
    user: str
    status: int


@dataclass(frozen=True, slots=True)
class Apache:
    """Where it listens, and what it saw."""

    directory: Path
    port: int
    tls_port: int

    def answered(self, path: str) -> list[Answered]:
        """Every request of a path, in the order of the answers."""
        found = []
        log = self.directory / "access.log"
        for line in log.read_bytes().splitlines():
            asked, user, status = line.decode("latin-1").split("\t")
            if asked == path:
                found.append(Answered(asked, user, int(status)))
        return found

    def users(self, path: str) -> list[str]:
        """Whom it took each request of a path to be of; refused ones are ``-``."""
        return [
            each.user if each.status not in (401, 403) else "-"
            for each in self.answered(path)
        ]

    def set_passwords(self, words: Mapping[str | bytes, str]) -> None:
        """Replace every account; it reads the file for each request."""
        lines, digests = [], []
        for user, word in words.items():
            name = user if isinstance(user, bytes) else user.encode()
            hashed = base64.b64encode(hashlib.sha1(word.encode()).digest())
            lines.append(name + b":{SHA}" + hashed + b"\n")
            both = b":".join((name, REALM.encode(), word.encode()))
            digest = hashlib.md5(both).hexdigest().encode()
            digests.append(name + b":" + REALM.encode() + b":" + digest + b"\n")
        _replace(self.directory / "htpasswd", b"".join(lines))
        _replace(self.directory / "htdigest", b"".join(digests))


def _replace(path: Path, content: bytes) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.chmod(0o644)
    new.replace(path)


@contextmanager
def apache(
    words: Mapping[str | bytes, str], tls: Issued | None = None
) -> Iterator[Apache]:
    """The application, running until the block ends; passwords by user.

    Started by root it runs as ``nobody``, who has to read its folder: it gets one
    of its own.
    """
    directory = Path(tempfile.mkdtemp(prefix="whosaw-apache-"))
    directory.chmod(0o755)
    port, tls_port = _free(), _free()
    server = Apache(directory, port, tls_port)
    server.set_passwords(words)
    pages = directory / "pages"
    pages.mkdir()
    (pages / "client.html").write_text("<p id=client>4711</p>\n")
    config = directory / "httpd.conf"
    config.write_text(_config(server, tls))
    process = subprocess.Popen(
        ["/usr/sbin/apache2", "-X", "-f", str(config)], stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: _listens(port, process, directory), "Apache listens")
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        shutil.rmtree(directory)


def _config(server: Apache, tls: Issued | None) -> str:
    directory = server.directory
    modules = "\n".join(
        f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in MODULES.split()
    )
    digest = (
        f'AuthType Digest\nAuthName "{REALM}"\nAuthDigestProvider file\n'
        f"AuthUserFile {directory}/htdigest\nRequire valid-user\n"
    )
    basic = (
        f'AuthType Basic\nAuthName "{REALM}"\nAuthBasicProvider file\n'
        f"AuthUserFile {directory}/htpasswd\nRequire valid-user\n"
    )
    form = (
        f"AuthFormProvider file\nAuthType form\nAuthName {REALM}\nSession On\n"
        f"AuthUserFile {directory}/htpasswd\n"
        "SessionCookieName session path=/;httponly\n"
    )
    listen_tls = ""
    if tls is not None:
        listen_tls = (
            f"Listen 127.0.0.1:{server.tls_port}\n"
            f"<VirtualHost 127.0.0.1:{server.tls_port}>\nSSLEngine on\n"
            f"SSLCertificateFile {tls.certificate}\n"
            f"SSLCertificateKeyFile {tls.key}\n</VirtualHost>\n"
        )
    account = "User nobody\nGroup nogroup\n" if os.geteuid() == 0 else ""
    return f"""\
ServerName intranet.test
ServerRoot {directory}
PidFile {directory}/httpd.pid
DefaultRuntimeDir {directory}
Listen 127.0.0.1:{server.port}
{modules}
{account}DocumentRoot {directory}/pages
TypesConfig /dev/null
AddType text/html .html
StartServers 1
ErrorLog {directory}/error.log
LogFormat "%U\\t%u\\t%>s" who
CustomLog {directory}/access.log who
CustomLog {directory}/combined.log "%h %l %u %t \\"%r\\" %>s %b \\"-\\" \\"-\\""
KeepAlive On
KeepAliveTimeout 30
AliasMatch "^/(open|basic|cookie|digest|brief|form|bearer|refused)/" \
"{directory}/pages/client.html"
<Location /basic>
{basic}</Location>
<Location /cookie>
{basic}Header set Set-Cookie "expr=SID=session-of-%{{REMOTE_USER}}; Path=/"
</Location>
<Location /digest>
{digest}</Location>
<Location /brief>
{digest}AuthDigestNonceLifetime 1
</Location>
<Location /form>
{form}AuthFormLoginRequiredLocation "/login"
SessionMaxAge 3600
Require valid-user
</Location>
<Location /dologin>
{form}SetHandler form-login-handler
AuthFormLoginRequiredLocation "/login?again"
AuthFormLoginSuccessLocation "/form/start"
SessionMaxAge 3600
Require all granted
</Location>
<Location /logout>
SetHandler form-logout-handler
AuthFormLogoutLocation "/login"
Session On
SessionMaxAge 1
SessionCookieName session path=/
</Location>
<Location /bearer>
Require expr "req('Authorization') =~ /^Bearer ./"
</Location>
<Location /refused>
{basic.replace("Require valid-user", "Require user nobody-at-all")}</Location>
{listen_tls}"""


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int, server: subprocess.Popen[bytes], directory: Path) -> bool:
    if server.poll() is not None:
        log = directory / "error.log"
        said = log.read_text() if log.is_file() else "nothing"
        raise AssertionError(f"Apache ended: {said}")
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True
