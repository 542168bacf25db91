"""The door of tills: receipts over HTTP. Plain ASGI, beside the pages: no session, no cookie, no redirect, no Django view."""
