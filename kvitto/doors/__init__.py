"""The ways in. A door parses, makes one domain call and answers; doors do not know each other."""
