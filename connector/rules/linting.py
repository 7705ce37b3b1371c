"""What is worth a second thought in a definition that works: warnings, never refusals (C25, K18, K19)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connector.rules.book import FILE
from connector.rules.definitions import Definitions
from connector.rules.layers import BEHAVIOURAL
from connector.rules.reach import shadowed

MOST_EVENTS = 5  # the three to five that predict best (C25)
# Coming by, as opposed to using the product: logging in, looking at pages, being there on many days (C25, K19).
_SUPERFICIAL = re.compile(
    r"(^|_)(log_?ins?|logged_in|sign_?ins?|signed_in|page_?(views?|visits?)|(distinct|active)_days|days_active)(_|$)"
)


def lint(definitions: Definitions) -> list[str]:
    """Every warning about rubric, thresholds and rules."""
    if not definitions.decides:
        return []
    return [*_rubric(definitions), *_thresholds(definitions), *(found.words for found in shadowed(definitions.book))]


def _rubric(definitions: Definitions) -> Iterator[str]:
    for name in definitions.points:
        if _SUPERFICIAL.search(name):
            yield (
                f'{FILE} [points]: "{name}" gives points for coming by rather than for using the product; '
                "score what people do there"
            )
    if len(definitions.points) > MOST_EVENTS:
        yield (
            f"{FILE} [points]: {len(definitions.points)} components are scored; the three to five that predict best "
            "say as much, and sales can follow them"
        )


def _thresholds(definitions: Definitions) -> Iterator[str]:
    """What the worths say about the thresholds, as far as they are told."""
    hot, worths = definitions.tiers.hot, definitions.worths
    used = definitions.layer_points.get(BEHAVIOURAL, ())
    without = sum(worth for name, worth in worths.items() if name not in used)
    if worths and without >= hot:
        yield (
            f"{FILE} [tiers]: Hot begins at {hot}, and {without} points can be had without using the product; "
            'raise it, lower those worths, or keep such accounts from sales with [layers] require = "enforce"'
        )
    total = sum(worths.values())
    if not worths or worths.keys() < definitions.points.keys():
        return
    for name in ("hot", "warm", "watching"):
        if (least := getattr(definitions.tiers, name)) > total:
            yield f"{FILE} [tiers]: {name} begins at {least}, and all components together are worth {total}"
