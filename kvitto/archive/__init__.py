"""The receipt archive: receipts that a member has recorded at less, kept whole for that member's own eyes.

Only while the member keeps it turned on, sealed under keys of its own, and no longer than the receipt itself. Holds at most
what the chain records: nothing where that is a total. Promises: no figure, no search, no statistics, no Bonus and nobody of the
staff ever reads it; turned off, its keys are destroyed at once. What its owner had removed is never in it, and never comes back.
"""
