"""When the values of one account break a rule: that account is held, the rule named, and the run goes on."""

from __future__ import annotations

from collections.abc import Sequence

from rule_engine import EngineError

from connector.model import Route
from connector.rules.book import Rule, RuleTrace, Verdict, judge, trace
from connector.rules.language import Situation
from connector.rules.wording import LONGEST

EXPANDS = "expansion."  # how the evidence of an expansion signal begins

FAILURES = (ArithmeticError, ValueError, EngineError)
"""What values may do to a decision: a sum beyond the calendar, a number beyond all others. Anything else is a bug."""


def judged(book: Sequence[Rule], seen: Situation) -> Verdict:
    """The book's verdict. A rule that fails holds the account: what it would have said nobody knows."""
    try:
        return judge(book, seen)
    except FAILURES as error:
        rule = book[_first(book, seen)].id
        return Verdict(Route.HOLD, rule, failed(error, rule), {})


def growing(book: Sequence[Rule], seen: Situation) -> dict[str, str]:
    """Every rule of expansion that holds, as evidence in its own words. One that fails holds not."""
    return {f"{EXPANDS}{rule.id}": rule.because.say(seen) for rule in book if _grows(rule, seen)}


def _grows(rule: Rule, seen: Situation) -> bool:
    try:
        return rule.route is Route.EXPANSION and rule.when.holds(seen) is True
    except FAILURES:
        return False


def traced(book: Sequence[Rule], seen: Situation) -> list[RuleTrace]:
    """Every rule up to the one that decided, or failed."""
    try:
        return trace(book, seen)
    except FAILURES as error:
        place = _first(book, seen)
        rule = book[place].id
        return [*trace(book[:place], seen), RuleTrace(rule, None, failed(error, rule))]


def failed(error: Exception, rule: str = "") -> str:
    """Why an account is held whose values cannot be worked out."""
    what = f"held: rule {rule} failed" if rule else "held: the account cannot be decided"
    return f"{what}: {type(error).__name__}: {getattr(error, 'message', '') or error}"[:LONGEST]


def _first(book: Sequence[Rule], seen: Situation) -> int:
    """The place of the first rule that fails."""
    for place, rule in enumerate(book):
        try:
            trace((rule,), seen)
        except FAILURES:
            return place
    raise AssertionError("a book fails by one of its rules")
