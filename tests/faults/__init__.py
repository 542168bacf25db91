"""The fault harness: tills deliver, everything that can break breaks, and what the register then holds is what it should.

`ledger` makes transactions of tills from a seed and knows what must become of each; `proxy` stands between the tills and the real
server and cuts, truncates, doubles and delays; `server` runs the server's processes and has them killed at named and random points;
the database is stopped with SIGQUIT (`pg_ctl stop -m immediate`) and recovers; `disk` fills its disk, and that of what it writes
ahead, to the last byte, where one may be mounted; `register` compares what is stored then with the same transactions taken in
without a fault. `python -m tests.faults` runs it, in a home of its own under `build/`.
"""
