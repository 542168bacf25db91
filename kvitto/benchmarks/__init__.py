"""Measurements of the real thing: real server, real fsync, a yardstick in the same run.

Each works in a database of its own, the register itself is not touched. It is dropped at the end, but for those of the pages,
which take minutes to fill and are used again. Results with date and machine
are written down in docs/reference/benchmarks.md.
"""
