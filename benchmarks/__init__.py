"""What plsync costs, measured beside its peers: `python -m benchmarks`, `python -m benchmarks.calls`.

Not part of the wheel. Stand-ins run in a process of their own and count; clients run in one each and gauge themselves.
"""
