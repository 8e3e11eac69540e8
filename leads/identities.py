"""What a provider of identities says of our own people: who it vouches for, or why it does not."""

from dataclasses import dataclass


class ProviderAway(Exception):
    """The provider does not answer, or not as a provider of OpenID Connect does."""


class NotVouchedFor(Exception):
    """The provider does not say who it is: it refused, or what it said does not hold. The text is for the log."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that has begun: where the browser goes, and what must be known when it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str
    """The secret of which the provider was shown the hash (PKCE)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for."""

    address: str
    """Email; empty where it names none."""
    verified: bool
    """Whether the provider knows that the address is the person's own."""
