"""One company host, however its address is spelled (D5)."""

from __future__ import annotations

import pytest

from connector.hosts import host_of


@pytest.mark.parametrize(
    "address",
    [
        "acme.example",
        " ACME.Example ",
        "www.acme.example",
        "http://acme.example",
        "https://www.acme.example/",
        "HTTPS://WWW.ACME.EXAMPLE/pricing?plan=team#top",
        "acme.example:443",
        "acme.example.",
        "//acme.example/pricing",
        "acme.example/?from=https://partner.example",
        "acme.example//pricing",
        "user@acme.example",
    ],
)
def test_spellings_of_one_host(address: str) -> None:
    """Scheme, case, www, port, path and a trailing dot say nothing about whose host it is."""
    assert host_of(address) == "acme.example"


@pytest.mark.parametrize("address", [None, "", "   ", 7, "http://", "https://[half-an-address"])
def test_no_host(address: object) -> None:
    """What names no host matches nobody, and raises nothing."""
    assert host_of(address) == ""


def test_subdomains_are_hosts_of_their_own() -> None:
    """Only www is dropped: shop.acme.example may be another company's."""
    assert host_of("shop.acme.example") == "shop.acme.example"
    assert host_of("wwwacme.example") == "wwwacme.example"
