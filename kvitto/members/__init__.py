"""The customer register: who the people are.

Knows a person, their cards, which account signs in for them, and the codes that set one up. Nothing here says what
anybody bought.
A card belongs to one person at any instant; the database holds that.
"""
