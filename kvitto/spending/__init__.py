"""A member's own purchases, summed up for that member: by month, product group and product, and searched.

Knows how to turn one opening of a person's receipts into the figures of a page, and the receipts behind each figure.
Every figure of a page adds up to the totals of its receipts, to the cent, whatever level each is recorded at.
Has no tables and keeps nothing; shows nobody anything but their own.
"""
