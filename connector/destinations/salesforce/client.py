"""The one way we speak to an org: every call signed in, timed out, counted, and translated into our errors."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, TypeVar

import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceExpiredSession
from simple_salesforce.util import exception_handler

from connector.destinations.salesforce.refusals import translating
from connector.destinations.salesforce.settings import SalesforceSettings
from connector.destinations.salesforce.signin import Token, sign_in
from connector.model import Allowance

_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")
NO_HEADERS: Mapping[str, str] = {}
_CSV = {"Content-Type": "text/csv; charset=UTF-8"}
PIECE = 65_536  # bytes of a download at a time
_COMPACT = {"X-PrettyPrint": "0"}  # simple-salesforce asks for indented answers otherwise

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _SignedIn:
    token: Token
    library: Salesforce = field(repr=False)


class SalesforceClient:
    """A connection to one org, safe to share between threads. Signs in at the first call.

    `clock` dates the sign-in. Every method raises TransientError, RateLimitedError, QuotaError or AccessError.
    """

    def __init__(
        self,
        settings: SalesforceSettings,
        clock: Callable[[], datetime],
        gate: Callable[[], None] = lambda: None,
        sign_in_gate: Callable[[], None] = lambda: None,
    ) -> None:
        """`gate` is passed with every API call: it counts, and waits while the org is closed to us.

        Requests for a token pass `sign_in_gate` instead: they are no API calls, but they go over the wire as well.
        """
        self.root = f"/services/data/v{settings.api_version}"
        self._settings = settings
        self.integrations = settings.integrations
        self._clock = clock
        self._gate = gate
        self._sign_in_gate = sign_in_gate
        self._session = requests.Session()
        self._session.auth = _as_it_is
        self._session.hooks["response"].append(self._read_usage)
        self._lock = threading.Lock()
        self._now_signed_in: _SignedIn | None = None
        self._allowance: Allowance | None = None

    def identity(self) -> Token:
        """Whom the org takes us for; signs in when that has not happened yet."""
        return self._signed_in().token

    def allowance(self) -> Allowance | None:
        """Calls used and allowed in the rolling day, from the newest answer of any status."""
        return self._allowance

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """One API call to `path` below the data root; its JSON, or None when that is empty.

        Raises BatchRejectedError when the request itself is refused.
        """
        return self._twice(f"{method} {path.partition('?')[0]}", lambda known: self._call(known, method, path, body))

    def upload(self, path: str, content: BinaryIO) -> None:
        """PUT a CSV file, from its beginning, to `path` below the data root. Raises as `request` does."""

        def put(known: _SignedIn) -> None:
            content.seek(0)
            with self._open(known, "PUT", path, data=content, headers=_CSV):
                pass

        self._twice(f"PUT {path}", put)

    def download(self, path: str, into: BinaryIO) -> None:
        """GET what is at `path` below the data root, byte for byte. Raises as `request` does."""

        def get(known: _SignedIn) -> None:
            with self._open(known, "GET", path, stream=True) as answer:
                for some in answer.iter_content(PIECE):
                    into.write(some)

        self._twice(f"GET {path}", get)

    def close(self) -> None:
        """Drop the open connections."""
        self._session.close()

    def _twice(self, where: str, call: Callable[[_SignedIn], T]) -> T:
        """Make a call; when its token proves to be expired, the same call once more with a new one."""
        with translating(where):
            signed_in = self._signed_in()
            try:
                self._gate()
                return call(signed_in)
            except SalesforceExpiredSession:
                # The library's own replay drops the caller's headers (A7); ours is the same call again, once.
                renewed = self._signed_in(instead_of=signed_in)
                self._gate()
                return call(renewed)

    def _open(
        self, signed_in: _SignedIn, method: str, path: str, headers: Mapping[str, str] = NO_HEADERS, **request: Any
    ) -> requests.Response:
        """The answer to a request that is not JSON, for the caller to close. The library decodes every body (A7)."""
        answer = self._session.request(
            method,
            f"{signed_in.library.base_url}{path}",
            headers={**headers, "Authorization": f"Bearer {signed_in.token.secret}"},
            timeout=self._settings.timeout,
            verify=self._settings.ca_bundle or True,
            **request,
        )
        if answer.status_code >= 300:
            exception_handler(answer, name=path)
        return answer

    def _call(self, signed_in: _SignedIn, method: str, path: str, body: Any) -> Any:
        return signed_in.library.restful(
            path,
            method=method,
            json=body,
            headers=_COMPACT,
            timeout=self._settings.timeout,
            verify=self._settings.ca_bundle or True,  # per request: session.verify loses to the environment (D50)
        )

    def _signed_in(self, instead_of: _SignedIn | None = None) -> _SignedIn:
        """The present sign-in; a new one when there is none, or when it is still the one that expired."""
        with self._lock:
            if self._now_signed_in is instead_of or self._now_signed_in is None:
                with translating("the sign-in"):
                    self._sign_in_gate()
                    token = sign_in(self._session, self._settings, self._clock())
                self._now_signed_in = _SignedIn(token, self._library(token))
            return self._now_signed_in

    def _library(self, token: Token) -> Salesforce:
        return Salesforce(
            session_id=token.secret,
            instance_url=self._settings.address,
            session=self._session,
            version=self._settings.api_version,
            object_pairs_hook=None,  # plain dicts, which the C decoder builds
        )

    def _read_usage(self, answer: requests.Response, *_: Any, **__: Any) -> None:
        """A hook, because the library reads the header from successes only (A7)."""
        found = _USAGE.search(answer.headers.get("Sforce-Limit-Info", ""))
        if found:
            self._allowance = Allowance(int(found[1]), int(found[2]))


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Without any `auth`, requests would put what ~/.netrc holds for the host in place of our token."""
    return request
