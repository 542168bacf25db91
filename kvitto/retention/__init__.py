"""What is over its time goes, by each room's own rule.

Receipts after 24 months by business day, with the keys of quarters that are wholly past; emptied partitions; digests of unknown
cards after two weeks. The same run makes the partitions of the months ahead, so that one job keeps the calendar.
Decides nothing itself: the rules are the rooms'.
"""
