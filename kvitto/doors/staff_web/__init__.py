"""The staff face, under `/staff/`: sign-in. No duty exists yet, so nothing else does."""
