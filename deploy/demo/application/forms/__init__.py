"""The same register of clients, spoken of in other dialects than pages.

``Form`` names them; each is a class that answers requests as ``Vesta`` does. What they
show is decided and noted by one ``Desk``, so that the truth is the same for all.
"""

from __future__ import annotations

from deploy.demo.application.forms.form import Answering, Form, answering

__all__ = ["Answering", "Form", "answering"]
