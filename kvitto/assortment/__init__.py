"""Products and the tree of product groups.

Knows what a code names (a GTIN, or a number of one chain), what a product is called in each language, its group,
labels, sensitivity class and Bonus class, and at which depth of the tree purchases are recorded from which day.
Promises that intake gets its facts for a batch in one query and can see in one tiny query whether they changed.
Never deletes a product or a group, since receipts refer to them. Knows no chain's table, only the chain's code; holds
nothing about people.
"""
