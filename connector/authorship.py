"""Whose a value is that none of our memories knows: ours after all, or somebody else's (D20)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from connector.model import Author, Authorship, Live, Memory

EDITED = "EDITED"  # the code of an outcome that left somebody's value alone
RESTORED = "RESTORED"  # the code of one that put ours back in its place
CLOCKS = timedelta(minutes=5)  # by which a CRM's clock and ours may differ


def authorship(memory: Memory, authors: Mapping[str, Author], is_ours: Callable[[Author], bool]) -> Authorship:
    """Sort the authors of differing values, by field, into ours and others'.

    Where a CRM keeps one author for the whole record, our own write hides a person's edit beside it. It proves the
    values ours only when it came after everything we remember, as when the store was restored from a copy.
    """
    ours = frozenset(name for name, author in authors.items() if is_ours(author) and _proves(author, memory))
    others = {name: author.name or author.id for name, author in authors.items() if not is_ours(author)}
    return Authorship(ours, others)


def adopted(memory: Memory, live: Live | None, found: Authorship) -> Memory:
    """The memory with what proved to be ours among what we wrote."""
    if live is None or not found.ours:
        return memory
    return replace(memory, written={**memory.written, **{name: live.values[name] for name in found.ours}})


def _proves(author: Author, memory: Memory) -> bool:
    if not author.of_record:
        return True
    if memory.code == EDITED or memory.intended is not None or author.at is None:
        return False  # the edit was seen before our write, or our write is one whose answer we never heard
    return memory.settled_at is None or author.at > memory.settled_at + CLOCKS
