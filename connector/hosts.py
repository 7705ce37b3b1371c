"""The company's host in whatever way a domain or web address is spelled (D5)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_WITH_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*:)?//")


def host_of(address: object) -> str:
    """The bare host of a domain or web address, lower case, without www. "" when there is none."""
    if not isinstance(address, str) or not address.strip():
        return ""
    text = address.strip().lower()
    try:
        host = urlsplit(text if _WITH_SCHEME.match(text) else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.").rstrip(".")
