"""Rules that never get their turn: their condition contradicts itself, or rules before them match whatever it matches.

What is reported is sure; what is not reported may still be out of reach. Conditions are compared question by question
(see `regions`): ranges, points, words and nulls of one name are understood, and a comparison of any other kind only as
the same one written elsewhere. That a tier follows from a score or a segment from a size is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.rules.book import Rule
from connector.rules.ranges import Values
from connector.rules.regions import Box, Region, outside

MOST_PIECES = 1_024  # of what is left of a rule; beyond it is taken to be reached
NAMED = 3


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A rule out of reach, and the rules before it that take what it would match, in order."""

    rule: Rule
    by: tuple[Rule, ...]

    @property
    def words(self) -> str:
        """What is wrong, and what to do."""
        names = ", ".join(f'"{rule.id}"' for rule in self.by[:NAMED])
        more = f" and {len(self.by) - NAMED} more" if len(self.by) > NAMED else ""
        return (
            f"{self.rule.where}: never gets its turn: whatever it matches is taken by {names}{more} before it; "
            "move it up, narrow those, or drop it"
        )


def shadowed(book: Sequence[Rule]) -> list[Shadowed]:
    """Every rule whose turn never comes, in order."""
    found: list[Shadowed] = []
    before: list[tuple[Rule, Box]] = []
    whole: dict[str, Values] = {}
    for rule in book:
        region = rule.when.region
        if region is None:
            continue
        whole |= region.whole
        boxes = _stopping(rule, region)
        takers = _takers(boxes, before, whole)
        if takers:
            found.append(Shadowed(rule, takers))
        before += [(rule, box) for box in boxes]
    return found


def _stopping(rule: Rule, region: Region) -> list[Box]:
    """Where the rule is the end of the book: where it holds, and where it holds back."""
    return [*region.boxes, *(region.undecided if rule.holds_back else ())]


def _takers(boxes: Sequence[Box], before: Sequence[tuple[Rule, Box]], whole: Mapping[str, Values]) -> tuple[Rule, ...]:
    """The rules that together leave nothing of `boxes`; none where something may be left."""
    left, takers = list(boxes), dict[str, Rule]()
    for rule, box in before:
        rest = [piece for one in left for piece in outside(one, box, whole)]
        if rest != left:
            takers[rule.id] = rule
        if not rest:
            return tuple(takers.values())
        if len(rest) > MOST_PIECES:
            return ()
        left = rest
    return ()
