"""Signing in to one org: a token by JWT bearer or client credentials (A5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import jwt
import requests

from connector.destinations.salesforce.refusals import first_error
from connector.destinations.salesforce.settings import SalesforceSettings
from connector.errors import AccessError, TransientError

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_LIFE = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Token:
    """A session's token and who it speaks for."""

    secret: str = field(repr=False)
    org_id: str
    user_id: str


def sign_in(session: requests.Session, settings: SalesforceSettings, now: datetime) -> Token:
    """Ask the org for a token. Raises AccessError when it says no, TransientError when it cannot answer.

    The request is ours because simple-salesforce builds every sign-in address as https://{domain}.salesforce.com,
    which leaves out hosts and ports of any other shape, and throws away the `id` that names the org (A7).
    """
    credentials: dict[str, Any] = _assertion(settings, now) if settings.private_key else _secret(settings)
    answer = session.post(
        f"{settings.address}/services/oauth2/token",
        timeout=settings.timeout,
        verify=settings.ca_bundle or True,
        **credentials,
    )
    if answer.status_code >= 500:
        raise TransientError(f"salesforce could not sign us in: HTTP {answer.status_code}")
    body = answer.json()
    if answer.status_code != requests.codes.ok:
        code, message = first_error(body, answer.status_code)
        raise AccessError(
            f"salesforce refused the sign-in: {code}: {message}. Check consumer_key, its certificate or secret, "
            "username, and that the user is authorised for the app."
        )
    return _token(body)


def _assertion(settings: SalesforceSettings, now: datetime) -> dict[str, Any]:
    claims = {
        "iss": settings.consumer_key,
        "sub": settings.username,
        "aud": settings.address,  # the My Domain: external client apps refuse the login hosts (A5)
        "exp": int((now + ASSERTION_LIFE).timestamp()),
    }
    try:
        signed = jwt.encode(claims, settings.private_key or "", algorithm="RS256")
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise AccessError("salesforce: private_key is not an RSA key in PEM form.") from error
    return {"data": {"grant_type": JWT_BEARER, "assertion": signed}}


def _secret(settings: SalesforceSettings) -> dict[str, Any]:
    return {
        "data": {"grant_type": "client_credentials"},
        "auth": (settings.consumer_key, settings.consumer_secret or ""),
    }


def _token(body: dict[str, Any]) -> Token:
    """`id` ends in /id/{organisation}/{user}."""
    org_id, user_id = str(body["id"]).rsplit("/", 2)[1:]
    return Token(str(body["access_token"]), org_id, user_id)
