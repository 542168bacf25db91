"""Notices to one person: what somebody else, or a letter, has changed for them, what waits for their yes, what soon ends.

A notice is a kind and at most a number and a way; its sentence is composed when it is read, in the reader's language. It is made
in the transaction of what it tells. Promises: never a product, a store or an amount, and never marketing. Also by e-mail, once
the co-op has set up a mail server: the table is the queue.
"""
