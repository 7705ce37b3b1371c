"""How the stand-in says no: one exception, two shapes on the wire.

A whole request that fails answers with the error body of the specification ("Error"); one row of a
batch that fails is an entry of `errors` in a multi-status answer ("StandardError").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

VALIDATION = "VALIDATION_ERROR"
NOT_FOUND = "OBJECT_NOT_FOUND"
CONFLICT = "CONFLICT"


@dataclass(frozen=True)
class Problem:
    """What is wrong with one property value: a sentence, HubSpot's code for it, and the property."""

    message: str
    code: str
    property_name: str

    def shown(self) -> dict[str, Any]:
        """The entry for the inner `errors` list."""
        return {"message": self.message, "code": self.code, "context": {"propertyName": [self.property_name]}}


class Refused(Exception):
    """The portal refuses. `status` is the HTTP status when the refusal concerns the whole request.

    `whole` makes a row's refusal take its batch along, trace ids or not (B3).
    """

    def __init__(
        self,
        status: int,
        category: str,
        message: str,
        *,
        problems: tuple[Problem, ...] = (),
        context: dict[str, list[str]] | None = None,
        sub_category: str | None = None,
        whole: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.problems = problems
        self.context = context or {}
        self.sub_category = sub_category
        self.whole = whole

    def body(self, correlation_id: str) -> dict[str, Any]:
        """The answer to a request that failed as a whole."""
        body: dict[str, Any] = {"status": "error", "message": self.message, "correlationId": correlation_id}
        if self.problems:
            body["errors"] = [problem.shown() for problem in self.problems]
        if self.context:
            body["context"] = self.context
        return {**body, "category": self.category}

    def row(self, trace_id: str | None = None) -> dict[str, Any]:
        """The entry for the `errors` of a multi-status answer, tied to its row by the trace id (B3)."""
        traced = {"objectWriteTraceId": [trace_id]} if trace_id is not None else {}
        named = {"subCategory": self.sub_category} if self.sub_category else {}
        return {
            "status": "error",
            "category": self.category,
            **named,
            "message": self.message,
            "context": {**self.context, **traced},
            "errors": [problem.shown() for problem in self.problems],
            "links": {},
        }


def invalid(message: str, **context: list[str]) -> Refused:
    """A 400 that condemns the whole request."""
    return Refused(400, VALIDATION, message, context=context)
