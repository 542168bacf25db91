"""Warranty receipts: of each thing that a member bought with a guarantee, the copy of what a claim needs.

They make themselves from receipts as they come in, only while the member keeps the service turned on, and stay until the
guarantee ends: longer than the receipt. Sealed under keys of their own, for their owner alone; reminded of before they end.
Never holds a line without a guarantee, what anything cost, or how it was paid.
"""
