"""What every room stands on: money, periods, errors, actors, transactions, the embedded database server.

Knows nothing of receipts or people. Never holds a domain table.
"""
