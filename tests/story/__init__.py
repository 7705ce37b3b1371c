"""Whole runs over two CRMs in memory, a store on SQLite, and a warehouse made of values."""
