"""Sign-in identities.

Knows user names, password hashes, the kind of face an account belongs to (member or staff), second factors, where it is
signed in, and how often something was tried in vain. Holds no personal data beyond the user name; who the person is, the customer
register knows.
Never lets an account of one kind in at the other kind's door.
"""
