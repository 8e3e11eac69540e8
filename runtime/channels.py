"""Which provider each channel uses, in words: said at every start, so that nobody takes the outbox for the post."""

from api.providers import ChannelUse
from leads.model import Channel
from runtime.settings import Settings

_LOCAL = "local outbox"


def channels(settings: Settings) -> dict[str, str]:
    """One line for each channel, by its name."""
    return {"email": _email(settings), "texts": _texts(settings)}


def channel_uses(settings: Settings) -> tuple[ChannelUse, ...]:
    """What each channel uses, as the console shows it."""
    email, texts = settings.sendgrid_api_key is not None, settings.twilio_account_sid is not None
    return (
        ChannelUse(
            channel=Channel.EMAIL,
            provider="sendgrid" if email else _LOCAL,
            is_local=not email,
            said=_email(settings),
            per_second=settings.email_per_second,
        ),
        ChannelUse(
            channel=Channel.SMS,
            provider="twilio" if texts else _LOCAL,
            is_local=not texts,
            said=_texts(settings),
            per_second=settings.sms_per_second,
        ),
    )


def _email(settings: Settings) -> str:
    if settings.sendgrid_api_key is None:
        return "local outbox (no FOLLOW_SENDGRID_API_KEY: nothing is sent)"
    if settings.reply_domain is None:
        replies = "the same address"
    elif settings.sendgrid_inbound_secret is None:
        replies = f"{settings.reply_domain}, not heard (no FOLLOW_SENDGRID_INBOUND_SECRET)"
    else:
        replies = settings.reply_domain
    reports = "on" if settings.sendgrid_event_key else "off (no FOLLOW_SENDGRID_EVENT_KEY)"
    return f"SendGrid, from {settings.sender_email}, replies to {replies}; reports {reports}"


def _texts(settings: Settings) -> str:
    if settings.twilio_account_sid is None:
        return "local outbox (no FOLLOW_TWILIO_ACCOUNT_SID: nothing is sent)"
    sender = settings.twilio_sender or f"messaging service {settings.twilio_messaging_service_sid}"
    webhooks = "on" if settings.public_url else "off (no FOLLOW_PUBLIC_URL)"
    return f"Twilio, from {sender}; webhooks {webhooks}"
