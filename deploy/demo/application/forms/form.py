"""Which dialects there are, and what answers in each."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from deploy.demo.application.forms.api import Api
from deploy.demo.application.forms.desk import Desk
from deploy.demo.application.forms.jsonrpc import JsonRpc
from deploy.demo.application.forms.soap import Soap
from deploy.demo.application.forms.webforms import WebForms
from deploy.demo.application.messages import Request, Response
from deploy.demo.application.vesta import Vesta


class Form(Enum):
    """How the application talks."""

    PAGES = "pages"
    """HTML with a login form: Vesta itself."""
    API = "api"
    WEBFORMS = "webforms"
    JSONRPC = "jsonrpc"
    SOAP = "soap"


class Answering(Protocol):
    """One form of the application."""

    def handle(self, request: Request) -> Response:
        """Answer one request; never blocks, never raises."""


def answering(form: Form, vesta: Vesta) -> Answering:
    """What answers in this form, about the clients of ``vesta``."""
    if form is Form.PAGES:
        return vesta
    desk = Desk(vesta.register, vesta.truth)
    match form:
        case Form.API:
            return Api(desk)
        case Form.WEBFORMS:
            return WebForms(desk)
        case Form.JSONRPC:
            return JsonRpc(desk)
        case Form.SOAP:
            return Soap(desk)
