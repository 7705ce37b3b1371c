"""The company's host in whatever way a domain or web address is spelled (D5)."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

_WITH_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*:)?//")


def host_of(address: object) -> str:
    """The bare host of a domain or web address, lower case, without www. "" when there is none."""
    return _host(address) if isinstance(address, str) else ""


@lru_cache(maxsize=16_384)  # one account's domain is asked for by matching, by three lists and by the facts
def _host(address: str) -> str:
    text = address.strip().lower()
    if not text:
        return ""
    try:
        host = urlsplit(text if _WITH_SCHEME.match(text) else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.").rstrip(".")
