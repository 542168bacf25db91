"""What members decided about their data, as dated statements that are never changed or removed.

The state is a query over the statements. Today one choice is known: the recording level.
Never holds a reason, and never lets a later statement reach back in time.
"""
