"""Sign-in identities.

Knows user names, password hashes and the kind of face an account belongs to (member or staff).
Holds no personal data beyond the user name; who the person is, the customer register knows.
Never lets an account of one kind in at the other kind's door.
"""
