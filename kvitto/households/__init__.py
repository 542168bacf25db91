"""Who shares a Bonus: households, who is in one from when until when, and as what.

One main member a household, one household a person, on any day. Each person's purchases stay theirs, whatever becomes of the
household. Never knows a receipt: what a main member gets to see of the others is computed in `spending`.
"""
