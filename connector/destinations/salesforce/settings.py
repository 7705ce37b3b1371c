"""What it takes to reach one Salesforce org. Secrets arrive as values and are never shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.errors import ConfigError

NAME = "salesforce"


@dataclass(frozen=True, slots=True)
class SalesforceSettings:
    """One org and one way in: a JWT signed with `private_key` (PEM) for `username`, or a `consumer_secret` (A5).

    `instance_url` is the org's My Domain, such as https://acme.my.salesforce.com; always https. `timeout` is seconds
    to connect and to read. `ca_bundle` is a certificate file to trust instead of the system's. `integrations` are ids
    of users whose writes are no person's edits (D20).
    """

    instance_url: str
    consumer_key: str
    private_key: str | None = field(default=None, repr=False)
    consumer_secret: str | None = field(default=None, repr=False)
    username: str | None = None
    ca_bundle: str | None = None
    api_version: str = "64.0"
    timeout: tuple[float, float] = (5.0, 60.0)
    integrations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = [*self._address_problems(), *self._credential_problems()]
        if problems:
            raise ConfigError(problems)

    def _address_problems(self) -> list[str]:
        if self.instance_url.startswith("https://"):
            return []
        return [f"{NAME}: instance_url must start with https://, not {self.instance_url!r}"]

    def _credential_problems(self) -> list[str]:
        if (self.private_key is None) == (self.consumer_secret is None):
            return [f"{NAME}: give either private_key or consumer_secret"]
        if self.private_key is not None and not self.username:
            return [f"{NAME}: private_key needs username, the integration user's"]
        return []

    @property
    def address(self) -> str:
        """The instance's address without a trailing slash."""
        return self.instance_url.rstrip("/")
