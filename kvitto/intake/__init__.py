"""How receipts come in: decoded, checked, led to their buyer, reduced to their level, sealed and stored, a batch at a time.

Works on whole receipts in memory and keeps none of them: a refused receipt leaves its key and the reason, a receipt that
contradicts a stored one leaves both digests and totals, an unknown card leaves a keyed digest for some days.
One bad receipt never stops the others.
"""
