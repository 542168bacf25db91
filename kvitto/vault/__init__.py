"""The vault: the one way to product lines.

Lines are sealed under keys per (member, compartment, quarter). A key is random and wrapped by a master key that is kept in a
file apart from the database. `seal` needs no entry; `open_sealed` writes and commits one audit entry before it returns a line.
Destroying a quarter's keys is retention in backups; destroying a member's keys is erasure in backups.
Nothing outside this room can decrypt: nothing else imports `cryptography`, and no function here hands out a key.
"""
