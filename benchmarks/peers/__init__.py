"""The contestants beside plsync, each run by an environment of its own under benchmarks/.venvs."""
