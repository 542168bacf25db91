"""What is held about people, why, how long and who gets it: read from what the program enforces, never written beside it.

Knows: what each classified column is in plain words; the processors that the co-op contracts, dated, with the fields each gets.
Promises: a column about a person that nobody has put into words stops the tests; a processor once on the list stays on it.
Removes what is recorded already when its owner asks, and what has come into a category that its owner keeps out.
"""
