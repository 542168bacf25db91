"""What members decided about their data, as dated statements that are never changed or removed.

The state is a query over the statements: recording level, categories never recorded, uses, ways of marketing, wishes.
Never holds a reason, and never lets a later statement reach back in time.
"""
