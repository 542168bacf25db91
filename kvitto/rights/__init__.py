"""What is held about people, why, how long and who gets it: read from what the program enforces, never written beside it.

Knows: what each classified column is in plain words; the processors that the co-op contracts, dated, with the fields each gets.
Promises: a column about a person that nobody has put into words stops the tests; a processor once on the list stays on it;
what is removed opens nowhere any more, and the Bonus stays to the cent.
Never: shows anybody what it opens.
"""
