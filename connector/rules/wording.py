"""The `because` of a rule: names looked up in the account's situation, nothing else (D12).

`{name}` becomes the name's value, "unknown" where it is null. A part in square brackets is left out as soon as one
name in it is null: "{crm.stage} owned by {crm.owner}[ since {crm.stage_date}]".
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connector.errors import ConfigError
from connector.rules.language import Situation
from connector.rules.names import Value
from connector.rules.reading import nearest

LONGEST = 255  # the CRM text fields that carry reasons and sentences (D24)
_PART = re.compile(r"\[([^\[\]]*)\]|([^\[\]]+)")
_NAME = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Wording:
    """A checked template: its pieces, each with whether it may be left out."""

    pieces: tuple[tuple[str, bool], ...]

    @property
    def names(self) -> frozenset[str]:
        """Every name it looks up."""
        return frozenset(name for piece, _ in self.pieces for name in _NAME.findall(piece))

    def say(self, situation: Situation) -> str:
        """The sentence for one account, cut where it would not fit its field."""
        told = (_fill(piece, situation) for piece, optional in self.pieces if not optional or _full(piece, situation))
        text = "".join(told)
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def compile_wording(text: str, names: Collection[str]) -> Wording:
    """Check a template. Raises ConfigError on an unknown name or an unpaired bracket."""
    wording = Wording(tuple((inner or outer, bool(inner)) for inner, outer in _PART.findall(text)))
    problems = [f'unknown name "{name}"; {nearest(name, names)}' for name in sorted(wording.names - set(names))]
    if sum(len(piece) + 2 * optional for piece, optional in wording.pieces) != len(text):
        problems.append(f'brackets do not pair up in "{text}"')
    if any(brace in _NAME.sub("", piece) for piece, _ in wording.pieces for brace in "{}"):
        problems.append(f'braces do not pair up in "{text}"')
    if problems:
        raise ConfigError(problems)
    return wording


def _fill(piece: str, situation: Situation) -> str:
    return _NAME.sub(lambda found: _told(situation.values[found[1]]), piece)


def _full(piece: str, situation: Situation) -> bool:
    return all(situation.values[name] is not None for name in _NAME.findall(piece))


def _told(value: Value) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    return ", ".join(value) if isinstance(value, tuple) else value
