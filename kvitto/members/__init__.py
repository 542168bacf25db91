"""The customer register: who the people are.

Knows a person, how they are reached, their home co-ops, their cards, which account signs in for them, and the codes that
set one up. Nothing here says what anybody bought.
A card belongs to one person at any instant, and nobody has two home co-ops on one day; the database holds that.
"""
