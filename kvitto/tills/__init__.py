"""Keys of tills: which machine may hand in receipts, of which stores, until when.

A key is shown once, when it is made, and kept as a digest only. It opens the till API and nothing else, writes receipts of its own
stores only, and reads nothing of a member: it may ask whether a card earns Bonus, so many times a minute.
"""
