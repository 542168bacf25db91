"""What is held about people, why, how long and who gets it: read from what the program enforces, never written beside it.

Knows: what each classified column is in plain words; the processors that the co-op contracts, dated, with the fields each gets.
Promises: a column about a person that nobody has put into words stops the tests; a processor once on the list stays on it;
what is removed opens nowhere any more, and the Bonus stays to the cent; a person gets all that is held about them.
Never: shows what it opens to anybody but its owner.
"""
