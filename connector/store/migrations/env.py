"""Run by Alembic: apply revisions on the connection, and in the transaction, that `revisions.upgrade` hands over.

It configures no logging; that belongs to the program.
"""

from __future__ import annotations

from alembic import context

from connector.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
