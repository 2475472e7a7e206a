"""The files of the application that show nobody: style, script, pictures."""

from __future__ import annotations

from typing import Final

LAST_MODIFIED: Final = "Tue, 14 Jun 2005 09:12:44 GMT"

_GIF: Final = bytes.fromhex(
    "47494638396101000100800000ffffff00000021f90401000000002c"
    "00000000010001000002024401003b"
)
_CSS: Final = (
    b"body{font-family:Verdana,sans-serif;font-size:11px}\r\n"
    b"th{background:#003366;color:#fff}\r\n.even{background:#eef}\r\n"
    b".label{color:#666}\r\n.fout{font-weight:bold}\r\n#wie{text-align:right}\r\n"
) * 12
_JS: Final = (
    b"function kies(id){top.main.location.href='/client/view.do?id='+id;}\r\n"
    b"function druk(){window.print();return false;}\r\n"
) * 20

FILES: Final[dict[str, tuple[str, bytes]]] = {
    "/static/vesta.css": ("text/css", _CSS),
    "/static/vesta.js": ("application/x-javascript", _JS),
    "/static/logo.gif": ("image/gif", _GIF),
    "/static/map.gif": ("image/gif", _GIF),
    "/static/slot.gif": ("image/gif", _GIF),
}
"""Path: content type and bytes."""
