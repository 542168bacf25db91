"""What a month's purchases bring a household: the plans by date, the Bonus of a month, and the ledger of what was booked.

The running month's Bonus is computed from the Bonus bases of its receipts, never added up as they come in; a month that is over
is booked once, and a receipt that comes later books the difference. Knows nothing of choices: no ban can change a cent of it.
"""
