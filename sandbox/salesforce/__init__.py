"""A Salesforce org on loopback: sign-in, SOQL, collections, composite, Bulk 2.0 and their limits.

    org = SalesforceOrg(seed, clock)
    app, control = salesforce_app(org)
    with serve(app, tls=Tls.create(folder)) as served: ...

Serve it over TLS: simple-salesforce speaks nothing else (A7).
"""

from __future__ import annotations

from sandbox.salesforce.app import salesforce_app
from sandbox.salesforce.org import SalesforceOrg

__all__ = ["SalesforceOrg", "salesforce_app"]
