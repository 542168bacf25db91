"""The co-op's own register of members, from files: people, cards, households and earlier choices, then each day's changes.

It holds nothing itself: it reads, says what is wrong, and has the rooms of people, households and choices take in the rest.
"""
