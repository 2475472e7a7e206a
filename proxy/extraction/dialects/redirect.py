"""Pages that only lead elsewhere: a redirect inside a 200.

Such a page is short, has next to no text, and refreshes at once or sets the
location in a script. Asked for by ``skip_redirects``; a page that shows something
beside its refresh (the usual time-out after twenty minutes) is none.
"""

from __future__ import annotations

import re

from proxy.extraction.view import View

MAX_PAGE = 16 * 1024
"""Characters of a page that can be a mere redirect."""
MAX_SHOWN = 200
"""Characters of its text: "you are being redirected, click here if not"."""

_REFRESH = re.compile(
    r"<meta\b(?=[^>]{0,500}http-equiv\s*=\s*[\"']?refresh)"
    r"[^>]{0,500}?content\s*=\s*[\"']?\s*(\d{1,9})?[\s.\d]{0,9}[;,]?\s*url\s*=",
    re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"\blocation(?:\s*\.\s*href)?\s*=(?!=)|\blocation\s*\.\s*(?:replace|assign)\s*\(",
    re.IGNORECASE,
)
_SCRIPTS = re.compile(
    r"<script\b[^>]*+>(.*?)(?:</script|\Z)", re.IGNORECASE | re.DOTALL
)
_UNSHOWN = re.compile(
    r"<(script|style|title)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<[^>]*+>",
    re.IGNORECASE | re.DOTALL,
)
_HANDLER = re.compile(r"\bonload\s*=\s*(\"[^\"]{0,500}\"|'[^']{0,500}')", re.IGNORECASE)
_INPUT = re.compile(r"<(?:input|select|textarea|table)\b", re.IGNORECASE)


def is_redirect_page(view: View) -> bool:
    """Whether the response only sends the browser on."""
    text = view.text
    if len(text) > MAX_PAGE or not view.complete or _INPUT.search(text):
        return False
    refresh = _REFRESH.search(text)
    leads = refresh is not None and int(refresh[1] or 0) <= 1
    if not leads:
        scripts = [*_SCRIPTS.findall(text), *_HANDLER.findall(text)]
        leads = any(_SCRIPT.search(script) for script in scripts)
    if not leads:
        return False
    shown = " ".join(_UNSHOWN.sub(" ", text).split())
    return len(shown) <= MAX_SHOWN
