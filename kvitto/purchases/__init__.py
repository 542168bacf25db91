"""The purchase register: receipts at the level they may be recorded at.

The full receipt exists in memory only. `rules.reduce` turns it into the one type that can be stored; at total level that type
has no place for lines, tax or tenders. Lines are sealed for their buyer; the header and the Bonus basis are readable.
Never knows a name or a card number.
"""
