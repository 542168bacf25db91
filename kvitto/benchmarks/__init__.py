"""Measurements of the real thing: real server, real fsync, a yardstick in the same run.

Each works in a database of its own that is dropped at the end; the register itself is not touched. Results with date and machine
are written down in docs/reference/benchmarks.md.
"""
