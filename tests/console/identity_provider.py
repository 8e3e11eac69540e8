"""A provider of identities on this machine: it vouches for whom a test says, and lies as a test wishes."""

import asyncio
import base64
import hashlib
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "followthrough", "a secret that both know: with / and +"


@dataclass(slots=True)
class IdentityProvider:
    """Signs whoever comes in as `claims` say."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"email": "anna@example.com", "email_verified": True})
    lies: dict[str, Any] = field(default_factory=dict)
    """Claims that are not as they should be; None leaves one out."""
    answers: dict[str, Any] = field(default_factory=dict)
    """Parameters of the way back that are not as they should be."""
    userinfo: dict[str, Any] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    """Paths that fail."""
    takes: str = "client_secret_basic"
    """How a program says who it is; `none`: by its name alone."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """What it says of itself that is not as it should be."""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first"}))
    shown_key: RSAKey | None = None
    """The public key that it shows; its own when left out."""
    asked: list[dict[str, str]] = field(default_factory=list)
    """What browsers came with."""
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._configuration),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/keys", self._keys),
                Route("/userinfo", self._userinfo),
            ]
        )

    def new_key(self, kid: str) -> None:
        """Sign with another key from now on, and show only that."""
        self.key = RSAKey.generate_key(2048, {"kid": kid})

    async def _configuration(self, request: Request) -> Response:
        if request.url.path in self.away:
            return JSONResponse({"error": "busy"}, 503)
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
                "token_endpoint_auth_methods_supported": [self.takes],
                **self.metadata,
            }
        )

    async def _authorize(self, request: Request) -> Response:
        """Whoever comes is signed in here already, and sent back at once."""
        asked = dict(request.query_params)
        self.asked.append(asked)
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], **self.answers}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    async def _token(self, request: Request) -> Response:
        if request.url.path in self.away:
            return Response("<h1>Bad gateway</h1>", 502)
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or not self._fits(request, form, asked):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        said = {
            "iss": self.url,
            "sub": "subject-1",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.claims,
            **self.lies,
        }
        claims = {name: value for name, value in said.items() if value is not None}
        signed = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        return JSONResponse({"access_token": "for-userinfo", "token_type": "Bearer", "id_token": signed})

    def _fits(self, request: Request, form: dict[str, str], asked: dict[str, str]) -> bool:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (
            self._knows(request.headers.get("Authorization"), form)
            and form.get("redirect_uri") == asked["redirect_uri"]
            and asked["code_challenge_method"] == "S256"
            and asked["code_challenge"] == challenge
        )

    def _knows(self, authorization: str | None, form: dict[str, str]) -> bool:
        """Whether it is the program that it gave the secret to, told in the way that it takes."""
        match self.takes:
            case "client_secret_basic":
                known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
                return authorization == f"Basic {known}"
            case "client_secret_post":
                told = (form.get("client_id"), form.get("client_secret"))
                return (authorization, *told) == (None, CLIENT_ID, CLIENT_SECRET)
        return (authorization, form.get("client_id"), form.get("client_secret")) == (None, CLIENT_ID, None)

    async def _keys(self, request: Request) -> Response:
        return JSONResponse(KeySet([self.shown_key or self.key]).as_dict(private=False))

    async def _userinfo(self, request: Request) -> Response:
        if request.headers.get("Authorization") != "Bearer for-userinfo":
            return Response(status_code=401)
        return JSONResponse(self.userinfo)


@asynccontextmanager
async def provided() -> AsyncIterator[IdentityProvider]:
    """A provider on a free port of this machine."""
    provider = IdentityProvider()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        provider.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(provider.app(), log_config=None, access_log=False, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield provider
        server.should_exit = True
        await serving
