"""Which record belongs to which: unlabelled links between objects of different types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.hubspot.errors import NOT_FOUND, Refused
from sandbox.hubspot.kinds import CALLS, COMPANIES, CONTACTS, DEALS, EMAILS, MEETINGS, ObjectKind

# HubSpot's own ids of the unlabelled association, by direction.
TYPE_IDS = {
    (CONTACTS.name, COMPANIES.name): 279,
    (COMPANIES.name, CONTACTS.name): 280,
    (DEALS.name, COMPANIES.name): 341,
    (COMPANIES.name, DEALS.name): 342,
    (DEALS.name, CONTACTS.name): 3,
    (CONTACTS.name, DEALS.name): 4,
    (CALLS.name, COMPANIES.name): 182,
    (COMPANIES.name, CALLS.name): 181,
    (MEETINGS.name, COMPANIES.name): 188,
    (COMPANIES.name, MEETINGS.name): 187,
    (EMAILS.name, COMPANIES.name): 186,
    (COMPANIES.name, EMAILS.name): 185,
}


@dataclass
class Links:
    """Links as seen from each side: (from type, from id, to type) → ids in the order they were made."""

    _ends: defaultdict[tuple[str, str, str], dict[str, None]] = field(default_factory=lambda: defaultdict(dict))

    def join(self, kind: ObjectKind, record_id: str, other: str, other_id: str) -> None:
        """Link two records, both ways."""
        self._ends[kind.name, record_id, other][other_id] = None
        self._ends[other, other_id, kind.name][record_id] = None

    def join_by_type(self, kind: ObjectKind, record_id: str, type_id: int, other_id: str) -> None:
        """Link a record as a create request asks; a type id this portal does not know links nothing."""
        for (kind_name, other), known in TYPE_IDS.items():
            if (kind_name, known) == (kind.name, type_id):
                self.join(kind, record_id, other, other_id)

    def move(self, kind: ObjectKind, record_id: str, new_id: str) -> None:
        """Give another record of the same type every link of `record_id`."""
        ends = [end for end in self._ends if end[:2] == (kind.name, record_id)]
        for _, _, other in ends:
            for other_id in self._ends.pop((kind.name, record_id, other)):
                self._ends[other, other_id, kind.name].pop(record_id, None)
                self.join(kind, new_id, other, other_id)

    def of(self, kind: ObjectKind, record_id: str, other: ObjectKind) -> list[str]:
        """The ids of the `other` records linked to this one."""
        return list(self._ends.get((kind.name, record_id, other.name), {}))

    def batch_read(
        self, kind: ObjectKind, other: ObjectKind, ids: Sequence[str]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Results for the ids that have links, and an error for each that has none (unproven)."""
        linked = {record_id: self.of(kind, record_id, other) for record_id in ids}
        results = [_shown(kind, other, record_id, others) for record_id, others in linked.items() if others]
        errors = [_none(kind, other, record_id).row() for record_id, others in linked.items() if not others]
        return results, errors


def _shown(kind: ObjectKind, other: ObjectKind, record_id: str, others: list[str]) -> dict[str, Any]:
    spec = {"category": "HUBSPOT_DEFINED", "typeId": TYPE_IDS.get((kind.name, other.name), 0)}
    return {
        "from": {"id": record_id},
        "to": [{"toObjectId": other_id, "associationTypes": [spec]} for other_id in others],
    }


def _none(kind: ObjectKind, other: ObjectKind, record_id: str) -> Refused:
    return Refused(
        404,
        NOT_FOUND,
        f"No {other.singular} is associated with {kind.singular} {record_id}.",
        sub_category="crm.associations.NO_ASSOCIATIONS_FOUND",
        context={
            "fromObjectId": [record_id],
            "fromObjectType": [kind.singular],
            "toObjectType": [other.singular],
        },
    )
