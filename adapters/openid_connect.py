"""Single sign-on by OpenID Connect: the authorization code flow with PKCE, state and nonce, by Authlib."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.base import OAuth2Error
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from joserfc.jws import JWSRegistry
from requests import RequestException, Response

from leads.identities import Begun, Identity, NotVouchedFor, ProviderAway

_SCOPES = "openid email"
_ANSWERS_WITHIN = 10
"""Seconds for each call of the provider."""
_CLOCKS_DIFFER = timedelta(minutes=2)
_SIGNED_BY = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""What a provider's tokens may be signed by: with a key that only the provider has."""
_RANDOM_BYTES = 32
T = TypeVar("T")


class OpenIdConnect:
    """The company's own provider of identities."""

    def __init__(self, issuer: str, client_id: str, client_secret: str | None) -> None:
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._metadata: dict[str, Any] = {}
        self._keys: KeySet | None = None

    async def begin(self, return_to: str) -> Begun:
        """Begin a sign-in.

        Args:
            return_to: our address that the browser comes back to.

        Raises:
            ProviderAway: see there.
        """
        return await _calling(lambda: self._begin(return_to))

    async def finish(self, begun: Begun, code: str, return_to: str) -> Identity:
        """Whom a browser that came back with a code is vouched for as; its state was compared before.

        Raises:
            ProviderAway: see there.
            NotVouchedFor: see there.
        """
        return await _calling(lambda: self._finish(begun, code, return_to))

    def _begin(self, return_to: str) -> Begun:
        metadata = self._provider()
        with self._session(return_to) as session:
            nonce, verifier = secrets.token_urlsafe(_RANDOM_BYTES), secrets.token_urlsafe(_RANDOM_BYTES)
            url, state = session.create_authorization_url(
                metadata["authorization_endpoint"], nonce=nonce, code_verifier=verifier
            )
        return Begun(url, state, nonce, verifier)

    def _finish(self, begun: Begun, code: str, return_to: str) -> Identity:
        metadata = self._provider()
        with self._session(return_to) as session:
            token = session.fetch_token(
                metadata["token_endpoint"], code=code, code_verifier=begun.verifier, timeout=_ANSWERS_WITHIN
            )
            claims = self._claims(token, begun.nonce)
            if "email" not in claims and "userinfo_endpoint" in metadata:
                told = _json(session.get(metadata["userinfo_endpoint"], timeout=_ANSWERS_WITHIN))
                if told.get("sub") != claims["sub"]:
                    raise NotVouchedFor("the provider told of somebody else")
                claims = told
        # Some say it in words; anything else than a plain yes is none.
        return Identity(str(claims.get("email") or ""), claims.get("email_verified") in (True, "true"))

    def _claims(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        """What the token says that the provider signed for us, for this very sign-in, just now."""
        if "id_token" not in token:
            raise NotVouchedFor("the provider sent no identity")
        read = self._read(token["id_token"])
        params = {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")}
        options = {"iss": {"essential": True, "value": self._metadata["issuer"]}}
        options["aud"] = {"essential": True, "value": self._client_id}
        claims = CodeIDToken(read.claims, read.header, options, params)
        claims.validate(leeway=int(_CLOCKS_DIFFER.total_seconds()))
        return dict(claims)

    def _read(self, text: str) -> jwt.Token:
        supported = self._metadata.get("id_token_signing_alg_values_supported", ["RS256"])
        registry = JWSRegistry(algorithms=sorted(_SIGNED_BY.intersection(supported)), strict_check_header=False)
        try:
            return jwt.decode(text, self._keys or self._fetch_keys(), registry=registry)
        except InvalidKeyIdError:
            # Providers change their keys now and then.
            return jwt.decode(text, self._fetch_keys(), registry=registry)

    def _fetch_keys(self) -> KeySet:
        self._keys = KeySet.import_key_set(cast(KeySetSerialization, self._fetch(self._metadata["jwks_uri"])))
        return self._keys

    def _provider(self) -> dict[str, Any]:
        """Where the provider has what; asked once."""
        if not self._metadata:
            found = self._fetch(f"{self._issuer}/.well-known/openid-configuration")
            if str(found["issuer"]).rstrip("/") != self._issuer:
                raise ProviderAway("it calls itself another issuer")
            self._metadata = found
        return self._metadata

    def _fetch(self, url: str) -> dict[str, Any]:
        with self._session("") as session:
            return _json(session.get(url, withhold_token=True, timeout=_ANSWERS_WITHIN))

    def _session(self, return_to: str) -> OAuth2Session:
        methods = self._metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        return OAuth2Session(
            self._client_id,
            self._client_secret,
            token_endpoint_auth_method=method if self._client_secret else "none",
            scope=_SCOPES,
            redirect_uri=return_to,
            code_challenge_method="S256",
        )


def _json(response: Response) -> dict[str, Any]:
    response.raise_for_status()
    told = response.json()
    if not isinstance(told, dict):
        raise ProviderAway("it answered with no object")
    return told


async def _calling(work: Callable[[], T]) -> T:
    """Do it in a thread, and say what went wrong in our words."""
    try:
        return await asyncio.to_thread(work)
    except (OAuthError, OAuth2Error, JoseError) as refused:
        raise NotVouchedFor(str(refused.error or type(refused).__name__)) from refused
    except (RequestException, ValueError, KeyError, TypeError) as strange:
        raise ProviderAway(type(strange).__name__) from strange
