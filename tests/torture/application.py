"""The stand-in application, with an account of every request it served."""

from __future__ import annotations

import time
from pathlib import Path

from typing_extensions import override

from deploy.demo.application.messages import Request, Response
from deploy.demo.application.server import Server


class Accounting(Server):
    """Serves, and notes by the id its client gave each request when it did."""

    def __init__(self, truth: Path) -> None:
        super().__init__(truth, requests_per_connection=40)
        self.served: dict[str, int] = {}
        """Id of the request → wall clock, ns."""

    @override
    def answer(self, request: Request, *, control: bool) -> Response:
        response = super().answer(request, control=control)
        number = request.headers.get("x-request")
        if number is not None:
            self.served[number] = time.time_ns()
        return response
