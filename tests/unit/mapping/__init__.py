"""Mapping files and the coercion of values."""
