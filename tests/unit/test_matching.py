"""Whose record is whose: the certain ways first, and nothing guessed (D5, D6, D7)."""

from __future__ import annotations

import pytest

from connector.mapping.reading import build
from connector.matching import Found, index, index_hosts, match, own_hosts, unshared
from connector.model import Canonical, Live, Match, MatchMethod, Memory, Record
from tests.unit.mapping.files import COLUMNS, document

MAPPING = build("account", document(), COLUMNS)
KEY, HOST = "PLS_Account_Key__c", "Website"
ACME = Record("acme", {"domain": "acme.example"})
REMEMBERED = Memory("acme", record_id="001-remembered")


def live(record_id: str, key: Canonical = None, website: Canonical = "https://www.acme.example/") -> Live:
    return Live(record_id, {KEY: key, HOST: website})


def found(*, by_id: tuple[Live, ...] = (), by_key: tuple[Live, ...] = (), by_host: tuple[Live, ...] = ()) -> Found:
    """What a live read brought back."""
    return Found({one.record_id: one for one in by_id}, index(by_key, KEY), index_hosts(by_host, HOST))


EVERYTHING = found(
    by_id=(live("001-remembered", "acme"),), by_key=(live("001-keyed", "acme"),), by_host=(live("001-named"),)
)


def test_remembered_beats_key_beats_domain() -> None:
    """The more certain way wins: the id we wrote to before, then our key in the CRM, then the company domain."""
    without_id = found(by_key=(live("001-keyed", "acme"),), by_host=(live("001-named"),))
    by_host_only = found(by_host=(live("001-named"),))

    assert match(ACME, REMEMBERED, EVERYTHING, MAPPING).method is MatchMethod.REMEMBERED
    assert match(ACME, REMEMBERED, without_id, MAPPING) == Match(MatchMethod.KEY, live("001-keyed", "acme"))
    assert match(ACME, None, EVERYTHING, MAPPING).method is MatchMethod.KEY
    assert match(ACME, None, by_host_only, MAPPING) == Match(MatchMethod.DOMAIN, live("001-named"))
    assert match(ACME, None, found(), MAPPING) == Match(MatchMethod.NONE)


def test_remembered_record_that_is_gone_is_not_the_match() -> None:
    """An id nobody answers to is no record; our key may have moved with a merge."""
    assert match(ACME, REMEMBERED, found(), MAPPING).method is MatchMethod.NONE


@pytest.mark.parametrize("way", ["by_key", "by_host"])
def test_two_candidates_are_never_guessed(way: str) -> None:
    """Two records with one key, or one domain, are ambiguous and both are named."""
    two = (live("001-b", "acme"), live("001-a", "acme"))
    ambiguous = match(ACME, None, found(by_key=two) if way == "by_key" else found(by_host=two), MAPPING)

    assert ambiguous == Match(MatchMethod.AMBIGUOUS, None, ("001-a", "001-b"))


def test_record_with_another_accounts_key_is_that_accounts() -> None:
    """A record of our domain that carries another key belongs to that other account."""
    taken, free = live("001-taken", "acme-labs"), live("001-free")

    assert match(ACME, None, found(by_host=(taken,)), MAPPING).method is MatchMethod.NONE
    assert match(ACME, None, found(by_host=(taken, free)), MAPPING) == Match(MatchMethod.DOMAIN, free)


@pytest.mark.parametrize(
    "website", ["acme.example", "http://ACME.example/", "https://www.acme.example/about", "acme.example."]
)
@pytest.mark.parametrize("domain", ["acme.example", "WWW.Acme.Example", " acme.example "])
def test_spellings_of_a_domain_meet(domain: str, website: str) -> None:
    """The warehouse's spelling of a domain and the CRM's need not be the same."""
    record = Record("acme", {"domain": domain})

    assert match(record, None, found(by_host=(live("001", None, website),)), MAPPING).method is MatchMethod.DOMAIN


@pytest.mark.parametrize("domain", [None, "", "  "])
def test_account_without_domain_matches_no_record_without_one(domain: str | None) -> None:
    """Two blanks are no match."""
    record = Record("acme", {"domain": domain})

    assert match(record, None, found(by_host=(live("001", None, "http://"),)), MAPPING).method is MatchMethod.NONE


def test_shared_record_is_held_for_both() -> None:
    """Two accounts on one record would overwrite each other: both wait for a person (D7)."""
    shared, own = live("001-shared"), live("001-own")
    matches = {
        "acme": Match(MatchMethod.DOMAIN, shared),
        "acme-labs": Match(MatchMethod.REMEMBERED, shared),
        "quiet": Match(MatchMethod.KEY, own),
        "nobody": Match(MatchMethod.NONE),
    }
    held = Match(MatchMethod.AMBIGUOUS, None, ("001-shared",))

    assert unshared(matches) == {**matches, "acme": held, "acme-labs": held}


def test_own_hosts_are_unique_and_companies() -> None:
    """A host two accounts claim is nobody's, and a personal e-mail domain is no company's (D2, D5)."""
    records = [
        Record("acme", {"domain": "https://acme.example"}),
        Record("twice-1", {"domain": "twice.example"}),
        Record("twice-2", {"domain": "www.twice.example"}),
        Record("at-home", {"domain": "mail.example"}),
        Record("nowhere", {"domain": None}),
    ]

    assert own_hosts(records, {"mail.example"}) == {"acme": "acme.example"}


def test_linked_account_keeps_a_shared_record() -> None:
    """A person said whose record it is: that account keeps it, and the other waits (D5, D7)."""
    shared = live("001-shared")
    matches = {"acme": Match(MatchMethod.DOMAIN, shared), "acme-labs": Match(MatchMethod.LINKED, shared)}
    held = Match(MatchMethod.AMBIGUOUS, None, ("001-shared",))
    assert unshared(matches) == {**matches, "acme": held}
