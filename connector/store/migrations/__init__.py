"""Alembic's folder: how the store came to be what it is. Released revisions never change."""
