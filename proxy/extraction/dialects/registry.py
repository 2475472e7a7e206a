"""Every dialect by its word in the rule language."""

from __future__ import annotations

from collections.abc import Mapping

from proxy.extraction.dialects.base import Dialect
from proxy.extraction.dialects.jsf import Jsf
from proxy.extraction.dialects.jsonrpc import JsonRpc
from proxy.extraction.dialects.siebel import SIEBEL
from proxy.extraction.dialects.soap import Soap
from proxy.extraction.dialects.webforms import WebForms
from proxy.extraction.dialects.xmlrpc import XmlRpc

DIALECTS: Mapping[str, Dialect] = {
    dialect.word: dialect
    for dialect in (Soap(), XmlRpc(), JsonRpc(), WebForms(), Jsf(), SIEBEL)
}
