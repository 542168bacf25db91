"""The record of acts: who did what, why, to how many.

Append-only, without foreign keys, so that it never interferes with live data and outlives what it speaks of.
Holds no personal values: a person is named by a random audit id that erasure unlinks.
"""
