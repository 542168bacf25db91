"""What is over its time goes, by each room's own rule.

Receipts after 24 months by business day, archived ones with them, warranty receipts with their guarantees, the keys of quarters
that are wholly past; emptied partitions; what the Bonus ledger says of purchases, and its rows when the accounts no longer need
them; what the intake kept of receipts it did not store, after weeks. The same run makes the partitions of the months ahead: one
job keeps the calendar.
Decides nothing itself: the rules are the rooms'.
"""
