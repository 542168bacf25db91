"""The members' face: the front page, sign-in, and a member's own receipts.

Shows a member what is theirs and nobody else's. The paper frame (`base.html`, the stylesheet) serves both faces.
"""
