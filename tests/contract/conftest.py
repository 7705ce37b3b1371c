"""The benches of the destination contract, one running CRM each per module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.benches.bench import Bench
from tests.contract.benches.hubspot import hubspot_bench
from tests.contract.benches.memory import memory_bench
from tests.contract.benches.salesforce import salesforce_bench


@pytest.fixture(scope="module")
def salesforce(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    yield from salesforce_bench(tmp_path_factory.mktemp("salesforce"))


@pytest.fixture(scope="module")
def hubspot() -> Iterator[Bench]:
    yield from hubspot_bench()


@pytest.fixture(scope="module")
def hubspot_dated() -> Iterator[Bench]:
    yield from hubspot_bench("2026-09")


@pytest.fixture
def memory() -> Iterator[Bench]:
    yield from memory_bench()


@pytest.fixture(params=["salesforce", "hubspot", "hubspot_dated", "memory"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Each adapter in turn, its CRM as seeded."""
    found: Bench = request.getfixturevalue(request.param)
    found.reset()
    return found
