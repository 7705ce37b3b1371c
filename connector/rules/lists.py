"""Company domains by list: who is excluded, who is named, whose domain says nothing (D5, D12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.hosts import host_of
from connector.model import WarehouseValue
from connector.rules.reading import Problems

WHERE = "mappings/lists"
EXCLUDING = ("competitor", "student", "internal")
KNOWN = (*EXCLUDING, "personal", "named")


@dataclass(frozen=True, slots=True)
class DomainLists:
    """Domains by list, lower case. A listed domain covers its subdomains."""

    domains: Mapping[str, frozenset[str]]

    def excluded(self, domain: WarehouseValue) -> str | None:
        """The list that excludes a domain, or None. A personal domain never excludes (D5)."""
        return next((name for name in EXCLUDING if self._holds(name, domain)), None)

    def named(self, domain: WarehouseValue) -> bool:
        """Whether the domain is that of a named account."""
        return self._holds("named", domain)

    def _holds(self, name: str, domain: WarehouseValue) -> bool:
        labels = host_of(domain).split(".")
        listed = self.domains.get(name, frozenset())
        return any(".".join(labels[place:]) in listed for place in range(len(labels)))


def read(document: Mapping[str, frozenset[str]], problems: Problems) -> DomainLists:
    """The lists by name. Notes a list nobody reads and an entry that is no domain."""
    problems.only(WHERE, document, KNOWN)
    for name, entries in document.items():
        for entry in sorted(entries):
            if "." not in entry or host_of(entry) != entry.strip().lower():
                problems.add(f"{WHERE}/{name}.csv", f'"{entry}" is no domain; write it like "university.example"')
    return DomainLists({name: frozenset(map(host_of, entries)) for name, entries in document.items()})
