"""POST /composite: up to 25 calls in one, counted as one (A1). References between subrequests are not offered."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.salesforce.calls import Answer, Call, Handler, refused
from sandbox.salesforce.errors import RestError, not_found

MAX_SUBREQUESTS = 25
MAX_HEAVY = 5
HEAVY = ("query", "queryall", "composite/sobjects")
FORBIDDEN_HEADERS = frozenset({"accept", "authorization", "content-type"})
HALTED = RestError(
    400,
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed.",
)

Subrequest = dict[str, Any]


def run(call: Call, dispatch: Handler) -> Answer:
    """Each subrequest through `dispatch`, answers in request order. Raises RestError 400 for the request as a whole."""
    wanted = call.json_object().get("compositeRequest")
    if not isinstance(wanted, list) or not wanted:
        raise RestError(400, "INVALID_INPUT", "the body needs a list of subrequests called compositeRequest")
    inside = [_as_call(call, each) for each in wanted]
    _check_size(inside)
    _check_references(wanted)
    mark = call.org.tables.mark()
    answers = [_attempt(each, dispatch) for each in inside]
    if call.json_object().get("allOrNone") and any(each.status >= 400 for each in answers):
        call.org.tables.roll_back(mark)
        answers = [each if each.status >= 400 else refused(HALTED, each.kind) for each in answers]
    parts = [_part(answer, each) for answer, each in zip(answers, wanted, strict=True)]
    rows = sum(answer.rows for answer in answers)
    body = {"compositeResponse": parts}
    return Answer(body, kind=_kind(inside, answers), rows=rows, subrequests=len(answers))


def _as_call(outer: Call, wanted: Subrequest) -> Call:
    if not isinstance(wanted, dict) or not {"method", "url", "referenceId"} <= wanted.keys():
        raise RestError(400, "INVALID_INPUT", "each subrequest needs method, url and referenceId")
    headers = {name.lower(): value for name, value in (wanted.get("httpHeaders") or {}).items()}
    if FORBIDDEN_HEADERS & headers.keys():
        message = f"a subrequest must not carry {', '.join(sorted(FORBIDDEN_HEADERS & headers.keys()))}"
        raise RestError(400, "INVALID_INPUT", message)
    address = urlsplit(wanted["url"])
    version, path = split_path(address.path)
    query = dict(parse_qsl(address.query))
    return Call(outer.org, wanted["method"], path, version, query, headers, wanted.get("body"))


def split_path(path: str) -> tuple[str, str]:
    """The API version and what follows it, of /services/data/vXX.0/... Raises RestError 404."""
    parts = path.strip("/").split("/", 3)
    if parts[:2] != ["services", "data"] or len(parts) < 3 or not parts[2].startswith("v"):
        raise not_found()
    return parts[2].removeprefix("v"), parts[3] if len(parts) > 3 else ""


def _check_size(inside: list[Call]) -> None:
    if len(inside) > MAX_SUBREQUESTS:
        message = f"Maximum number of subrequests is {MAX_SUBREQUESTS}: this request has {len(inside)}"
        raise RestError(400, "LIMIT_EXCEEDED", message)
    heavy = sum(call.path.lower().startswith(HEAVY) for call in inside)
    if heavy > MAX_HEAVY:
        message = f"Maximum number of query and collections subrequests is {MAX_HEAVY}: this request has {heavy}"
        raise RestError(400, "LIMIT_EXCEEDED", message)


def _check_references(wanted: list[Subrequest]) -> None:
    names = [each["referenceId"] for each in wanted]
    if len(set(names)) < len(names):
        raise RestError(400, "INVALID_INPUT", "each referenceId must be given once")


def _attempt(call: Call, dispatch: Handler) -> Answer:
    try:
        return dispatch(call)
    except RestError as error:
        return refused(error, "write" if call.method == "PATCH" else "refused")


def _part(answer: Answer, wanted: Subrequest) -> dict[str, Any]:
    return {
        "body": answer.body,
        "httpHeaders": dict(answer.headers),
        "httpStatusCode": answer.status,
        "referenceId": wanted["referenceId"],
    }


def _kind(inside: list[Call], answers: list[Answer]) -> str:
    kinds = {answer.kind for answer in answers}
    if "write" in kinds:
        return "write"
    if kinds <= {"read", "refused"}:
        return "read"
    return "facts" if any(call.path.lower().startswith("query") for call in inside) else "other"
