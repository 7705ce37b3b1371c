"""How a Salesforce org says no: to a whole request, or to one row of it."""

from __future__ import annotations

from typing import Any


class RestError(Exception):
    """The request as a whole is refused; the body is a list with `errorCode` in it (A1)."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields

    def body(self) -> list[dict[str, Any]]:
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields:
            error["fields"] = list(self.fields)
        return [error]


def not_found() -> RestError:
    """The answer where there is no such resource, object or record."""
    return RestError(404, "NOT_FOUND", "The requested resource does not exist")


class RowError(Exception):
    """One record is refused; its neighbours are not. The key is `statusCode` in row results (A1)."""

    def __init__(self, code: str, message: str, *fields: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = fields

    def result(self) -> dict[str, Any]:
        """The row's entry in a collections response."""
        error = {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}
        return {"success": False, "errors": [error]}

    def as_rest(self) -> RestError:
        """The same refusal where the request was about this one row."""
        status = 404 if self.code in ("ENTITY_IS_DELETED", "NOT_FOUND") else 400
        return RestError(status, self.code, self.message, self.fields)
