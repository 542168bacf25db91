"""Receipts as other tills write them, turned into Kvitto's own wire format: what each dialect means is a profile, not code.

`reading` takes a file's bytes to elements (streamed XML, JSON documents), `profiles` reads the rules of a dialect from TOML,
`translation` makes a receipt of an element by those rules. Everything after that is the pipeline every receipt goes through.
Only what a profile names leaves this package; nothing here knows the database.
"""
