"""A small OpenID provider on this machine: it keeps the standard, unless a test has it do otherwise."""

import base64
import hashlib
import json
import secrets
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "kvitto at the co-op", "s3cret/with: signs+"
MINUTE = 60


def new_key(kid="first"):
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


KEY, STRANGERS_KEY = new_key(), new_key()  # both call themselves the same


class Provider:
    """What the provider knows and does; a test changes it before somebody comes."""

    def __init__(self, address):
        self.issuer = address
        self.username = "elsa"  # who is signed in there
        self.claims = {}  # what its tokens say otherwise; None leaves a claim out
        self.signed_with = KEY
        self.header = {"alg": "RS256", "kid": "first"}
        self.description = {}  # what it says of itself otherwise
        self.error = ""  # what it answers instead of a code
        self.fails = {}  # path -> status
        self.codes = {}  # code -> the question
        self.tokens, self.asked, self.agreed = [], [], ""
        self.ways = {"authorize": self.authorize, "token": self.token, "keys": self.keys}

    def says(self):
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return found | self.description

    def keys(self, _query, _form, _headers):
        return 200, {"keys": [KEY.as_dict(private=False)]}

    def authorize(self, query, _form, _headers):
        """Where the browser is sent back to."""
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT)
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        answer = {"state": query["state"]}
        if self.error:
            answer |= {"error": self.error, "error_description": "a description"}
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self.codes[answer["code"]] = query
        return 302, f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, _query, form, headers):
        """A token for a code, once; to us only, and to who has asked for the code."""
        if not self.is_ours(form, headers):
            return 401, {"error": "invalid_client"}
        question = self.codes.pop(form.get("code"), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if (
            question is None
            or question["code_challenge"] != challenge
            or question["redirect_uri"] != form["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        self.tokens.append(self.signed(question["nonce"]))
        return 200, {"access_token": "at", "token_type": "Bearer", "id_token": self.tokens[-1]}

    def is_ours(self, form, headers):
        """The secret by the way that the description names."""
        if "client_secret_post" in self.description.get("token_endpoint_auth_methods_supported", []):
            return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        pair = f"{quote(CLIENT, safe='')}:{quote(SECRET, safe='')}".encode()
        return headers.get("Authorization") == f"Basic {base64.b64encode(pair).decode()}"

    def signed(self, nonce):
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "4711", "aud": CLIENT, "iat": now, "exp": now + 5 * MINUTE, "nonce": nonce}
        claims |= {"preferred_username": self.username} | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.header["alg"] == "none":
            return f"{packed(self.header)}.{packed(claims)}."
        return jws.serialize_compact(self.header, json.dumps(claims), self.signed_with, algorithms=[self.header["alg"]])


def packed(what):
    return base64.urlsafe_b64encode(json.dumps(what).encode()).rstrip(b"=").decode()


def signed_by_the_secret():
    """A key that would fit a token whose algorithm is the client's own secret."""
    return OctKey.import_key(SECRET * 2)


class Handler(BaseHTTPRequestHandler):
    provider: Provider
    protocol_version = "HTTP/1.0"

    def do_GET(self):
        """Whatever is asked for."""
        self.answer({})

    def do_POST(self):
        """With a form."""
        self.answer(flat(self.rfile.read(int(self.headers["Content-Length"])).decode()))

    def answer(self, form):
        parts, provider = urlsplit(self.path), self.provider
        provider.asked.append(parts.path)
        status = provider.fails.get(parts.path)
        if status:
            self.sent(status, {"error": "as the test wants it"})
        elif parts.path == "/.well-known/openid-configuration":
            self.sent(200, provider.says())
        else:
            self.sent(*provider.ways[parts.path[1:]](flat(parts.query), form, self.headers))

    def sent(self, status, what):
        body = b"" if status == 302 else what if isinstance(what, bytes) else json.dumps(what).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", what)
        self.send_header("Content-Type", "text/html" if isinstance(what, bytes) else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing."""


def flat(text):
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


@contextmanager
def provided():
    """A provider for as long as this lasts."""
    handler = type("OneHandler", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.provider = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield handler.provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
