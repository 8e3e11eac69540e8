"""What the callbacks of providers are checked with."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookKeys:
    """Each webhook's key; a webhook without one is off."""

    sendgrid_event_key: str | None = None
    """The verification key of SendGrid's signed event webhook: a public key, DER in base64."""
    twilio_auth_token: str | None = field(default=None, repr=False)
    """Twilio signs its callbacks with the account's own token."""
    sendgrid_inbound_secret: str | None = field(default=None, repr=False)
    """The last part of the path that SendGrid's Inbound Parse posts to."""
    sendgrid_inbound_key: str | None = None
    """The verification key of Inbound Parse's security policy: a public key, DER in base64; None: not signed."""
    lead_address: str | None = None
    """Whoever writes there for the first time is a new lead."""
    twilio_answers_stop: bool = True
    """Whether Twilio confirms STOP and answers HELP by itself."""
    base_url: str = ""
    """How providers reach us, without a slash at the end; Twilio signs the address that it called."""
