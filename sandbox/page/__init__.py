"""The demo page: Slack on the left, the CRM records on the right, both live."""

from __future__ import annotations

from sandbox.page.app import page_app

__all__ = ["page_app"]
