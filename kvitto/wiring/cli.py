"""The `kvitto` command: the command-line door plus the commands that put rooms together (database, demo, benchmarks)."""


def run() -> None:
    raise SystemExit("stub")
