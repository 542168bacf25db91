"""What members decided about their data, as dated statements that are never changed or removed.

The state is a query over the statements: recording level, categories never recorded, uses, ways of marketing, wishes.
What staff write down and allows more waits for the member's yes: on their pages, or with
the code of a letter.
Never holds a reason, and never lets a later statement reach back in time.
"""
