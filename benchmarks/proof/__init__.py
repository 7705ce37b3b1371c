"""Nothing lost, nothing doubled: the trials behind R1 to R4, P10 and P11, at whatever size is asked for.

The tests run them small, the benchmarks at full size. What is lost or doubled is counted in the stand-ins' records.
"""
