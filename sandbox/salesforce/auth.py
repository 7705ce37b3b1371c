"""Signing in: JWT bearer and client credentials (A5), and the tokens that are valid now."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hmac import compare_digest

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class SignInRefused(Exception):
    """No token. `status`, `error` and `description` are what the token endpoint answers."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.status = status
        self.error = error
        self.description = description


@dataclass
class SignIn:
    """One connected app with its key pair and secret. Tokens are counted, so that runs can be compared."""

    consumer_key: str = "sandbox-consumer-key"
    consumer_secret: str = "sandbox-consumer-secret"
    issued: int = 0
    _valid: set[str] = field(default_factory=set)

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def private_key_pem(self) -> str:
        """The key a client signs assertions with; a real org holds only its public half."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def is_valid(self, token: str) -> bool:
        return token in self._valid

    def expire(self) -> None:
        """Every token handed out so far stops working."""
        self._valid.clear()

    def grant(self, form: Mapping[str, str], authorization: str, is_user: Callable[[str], bool]) -> str:
        """A new token for a token request. Raises SignInRefused.

        `is_user` tells whether a JWT's `sub` is the user name of somebody active in the org.
        """
        kind = form.get("grant_type", "")
        if kind == JWT_BEARER:
            self._check_assertion(form.get("assertion", ""), is_user)
        elif kind == "client_credentials":
            self._check_secret(form, authorization)
        else:
            raise SignInRefused(400, "unsupported_grant_type", "grant type not supported")
        self.issued += 1
        token = f"sandbox-sf-token-{self.issued}"
        self._valid.add(token)
        return token

    def _check_assertion(self, assertion: str, is_user: Callable[[str], bool]) -> None:
        # An assertion is dated by its signer's wall clock, whatever time the org plays; PyJWT compares with the same.
        try:
            claims = jwt.decode(
                assertion,
                self._key.public_key(),
                algorithms=["RS256"],
                options={"require": ["iss", "sub", "aud", "exp"], "verify_aud": False},
            )
        except jwt.ExpiredSignatureError:
            raise SignInRefused(400, "invalid_grant", "expired authorization code") from None
        except jwt.InvalidTokenError as wrong:
            raise SignInRefused(400, "invalid_grant", f"invalid assertion: {wrong}") from None
        if claims["iss"] != self.consumer_key:
            raise SignInRefused(401, "invalid_client_id", "client identifier invalid")
        if not is_user(claims["sub"]):
            raise SignInRefused(400, "invalid_grant", f"no active user has the user name {claims['sub']}")

    def _check_secret(self, form: Mapping[str, str], authorization: str) -> None:
        key, secret = _basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))
        right = compare_digest(key, self.consumer_key) and compare_digest(secret, self.consumer_secret)
        if not right:
            raise SignInRefused(401, "invalid_client", "invalid client credentials")


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return key, secret
