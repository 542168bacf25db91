"""The people who work here: their duties, the confidentiality agreements they signed, their cases, and what may be done.

Knows who has which duty from when until when, what each signed and until when it holds, and which case is open.
`rules.POLICY` is the one table of what anybody can do at any door; `rules.decide` reads it.
Promises: nothing is done on one person's word where two are needed, and the database holds that.
Never lets anyone look at their own record, their household's or a namesake's as staff, or without a valid agreement.
"""
