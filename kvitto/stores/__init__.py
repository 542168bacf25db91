"""Where purchases are made and how finely they may be recorded there.

Knows companies (regional co-ops and partners), chains, stores with their tills, the recording level of each chain and
sales channel on each day, and the profile members start from. All of it comes from one network file (`network.py`).
Promises that exactly one level holds on each day, and that what nobody decided is recorded as totals only.
Never deletes a store: receipts refer to it. Never says anything about a person.
"""
