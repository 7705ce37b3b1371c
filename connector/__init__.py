"""Data: warehouse → plan → read → decide → merge → deliver → record."""
