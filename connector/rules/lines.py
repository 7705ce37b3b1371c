"""Where in a file its tables begin, which a TOML parser does not tell."""

from __future__ import annotations

import re

# Texts and comments, longest forms first: what looks like a header inside them is none.
_OPAQUE = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*',
    re.DOTALL,
)


def headers(text: str, name: str) -> tuple[int, ...]:
    """The line of every `[[name]]` in a valid TOML file, in order; the first line is 1."""
    bare = _OPAQUE.sub(lambda found: "\n" * found.group().count("\n"), text)
    found = re.finditer(rf"^[ \t]*\[\[[ \t]*{re.escape(name)}[ \t]*\]\]", bare, re.MULTILINE)
    return tuple(bare.count("\n", 0, one.start()) + 1 for one in found)
