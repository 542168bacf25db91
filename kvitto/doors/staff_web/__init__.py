"""The staff face, under `/staff/`: sign-in with a password and a second factor. No duty exists yet, so nothing else does."""
