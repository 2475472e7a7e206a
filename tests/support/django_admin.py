"""A real Django admin, served by waitress, with its own SQLite database.

Nothing of its login, sessions or pages is ours: one model, registered. The
database is the truth the tests compare with.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from tests.support.waiting import until

SETTINGS = """\
SECRET_KEY = "only-for-this-test"
DEBUG = True
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
    "django.contrib.sessions", "django.contrib.messages", "people",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
DATABASES = {"default": {
    "ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3",
    "OPTIONS": {"timeout": 30},
}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_URL = "/static/"
USE_TZ = True
"""
URLS = """\
from django.contrib import admin
from django.urls import path
urlpatterns = [path("admin/", admin.site.urls)]
"""
MODELS = """\
from django.db import models
class Client(models.Model):
    name = models.CharField(max_length=80)
    def __str__(self):
        return self.name
"""
ADMIN = """\
import csv
from django.contrib import admin
from django.http import HttpResponse
from people.models import Client
@admin.register(Client)
class ClientAdmin(admin.ModelAdmin):
    list_display = ["name"]
    list_per_page = 2
    ordering = ["pk"]
    search_fields = ["name"]
    actions = ["export_csv"]
    def export_csv(self, request, queryset):
        response = HttpResponse(content_type="text/csv")
        writer = csv.writer(response)
        writer.writerow(["id", "name"])
        writer.writerows(queryset.values_list("pk", "name"))
        return response
"""
FILL = """\
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0)
from django.contrib.auth.models import User
from people.models import Client
users, names = json.loads(sys.argv[1])
for user, word in users.items():
    User.objects.create_superuser(user, password=word)
print(json.dumps({Client.objects.create(name=name).pk: name for name in names}))
"""
SERVE = """\
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.wsgi import get_wsgi_application
from waitress import serve
serve(get_wsgi_application(), host="127.0.0.1", port=int(sys.argv[1]), threads=4)
"""
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Admin:
    """Where it listens, and what is in it."""

    port: int
    clients: dict[str, str]
    """Name by id."""
    users: dict[str, str] = field(repr=False)
    """Password by user name."""


@contextlib.contextmanager
def django_admin(
    home: Path, users: tuple[str, ...], clients: tuple[str, ...]
) -> Iterator[Admin]:
    """A running admin with these accounts and clients."""
    people = home / "people"
    people.mkdir(parents=True)
    for path, text in {
        home / "settings.py": SETTINGS,
        home / "urls.py": URLS,
        people / "__init__.py": "",
        people / "models.py": MODELS,
        people / "admin.py": ADMIN,
    }.items():
        path.write_text(text)
    words = {user: f"canary-word-of-{user}" for user in users}
    filled = subprocess.run(
        [sys.executable, "-c", FILL, json.dumps([words, clients])],
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with (home / "serve.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(port)],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            until(lambda: _answers(child, port), "the admin listens", 60)
            yield Admin(port, json.loads(filled.stdout), words)
        finally:
            child.terminate()
            child.wait(20)


def _answers(child: subprocess.Popen[bytes], port: int) -> bool:
    assert child.poll() is None, "the admin ended"
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


@dataclass(slots=True)
class Browser:
    """One user's browser: a cookie jar; a connection that may be shared."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict, repr=False)
    connection: HTTPConnection | None = field(default=None, repr=False)

    def get(self, path: str) -> tuple[int, str]:
        """Fetch a page; status and text."""
        return self.send("GET", path)

    def post(self, path: str, page: str, **fields: str) -> tuple[int, str]:
        """Send the form of an earlier page; redirects are not followed."""
        token = _TOKEN.search(page)
        assert token is not None, page[:500]
        return self.send(
            "POST", path, urlencode({"csrfmiddlewaretoken": token[1], **fields})
        )

    def act(self, path: str, page: str, action: str, *ids: str) -> tuple[int, str]:
        """Choose records in a list and do something with them."""
        token = _TOKEN.search(page)
        assert token is not None, page[:500]
        chosen = [("_selected_action", each) for each in ids]
        fields = [("csrfmiddlewaretoken", token[1]), ("action", action), *chosen]
        return self.send("POST", path, urlencode(fields))

    def log_in(self, user: str, word: str) -> tuple[int, str]:
        """Fill in the form of the login page."""
        _, page = self.get("/admin/login/?next=/admin/")
        return self.post(
            "/admin/login/?next=/admin/",
            page,
            username=user,
            password=word,
            next="/admin/",
        )

    def log_out(self) -> tuple[int, str]:
        """By the button of every page."""
        _, page = self.get("/admin/")
        return self.post("/admin/logout/", page)

    def send(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        """One exchange."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if not self.cookies:
            del headers["Cookie"]
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.connection is None:
            self.connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";")[0].partition("=")
            if "max-age=0" in line.lower() or value.strip('"') == "":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer.status, text

    def close(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None
