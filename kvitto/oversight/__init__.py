"""Who looks after those who look: what each member reads of look-ups, what stands out in them, and how many there were.

Knows: the questions that members ask about look-ups, what stood out and what was found about it, and the published figures.
Promises: every look-up by staff is told to whom it was about, with day, reason and duty; each question has a day by which it is
answered; what stands out is computed from the record of acts by plain rules that are written down.
Never: tells a member the name of an employee, or the privacy officer the name of a member.
"""
