"""The store's revisions: which one it has, which one this program needs, and the way there (D36)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from connector.errors import StoreError
from connector.store import postgresql

_SCRIPTS = Path(__file__).with_name("migrations")


def current(conn: Connection) -> str | None:
    """The revision the store is at; None when it was never migrated."""
    return MigrationContext.configure(conn).get_current_revision()


def require_newest(conn: Connection) -> None:
    """Raise StoreError, with what to do, unless the store is at the revision this program was written for."""
    revision, scripts = current(conn), _scripts(settings())
    newest = scripts.get_current_head()
    if revision == newest:
        return
    _require_known(revision, scripts)
    raise StoreError(
        f"store {conn.engine.url.render_as_string()} is at revision {revision or 'none'} and this version of plsync "
        f"needs {newest}: run `plsync migrate`"
    )


def upgrade(conn: Connection) -> list[str]:
    """Apply the missing revisions in the caller's write transaction and return them, oldest first.

    SQLite's write transaction is the lock; PostgreSQL takes one of its own.
    """
    if conn.dialect.name == "postgresql":
        postgresql.lock_for_migration(conn)
    config = settings()
    scripts, revision = _scripts(config), current(conn)
    _require_known(revision, scripts)
    missing = [script.revision for script in scripts.iterate_revisions("head", revision or "base")]
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
    return missing[::-1]


def settings() -> Config:
    """Alembic's settings, found beside this module, so that an installed wheel needs no file of its own."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts(config: Config) -> ScriptDirectory:
    return ScriptDirectory.from_config(config)


def _require_known(revision: str | None, scripts: ScriptDirectory) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is None or revision in known:
        return
    raise StoreError(f"the store is at revision {revision}, which a newer plsync made: upgrade plsync")
