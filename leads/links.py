"""Where the links in a message lead, and where its answers go."""

from dataclasses import dataclass
from uuid import UUID

from leads.tokens import Purpose, TokenKey

ANSWER_PATH = "/a"
"""The page on which a person says yes, no, or not now."""
UNSUBSCRIBE_PATH = "/u"
"""The page that stops all messages; mailboxes post there by themselves (RFC 8058)."""
POLICY_PATH = "/policy"
"""The page on which a colleague reads and acknowledges the follow-up policy."""
MEETING_PATH = "/m"
"""The page on which a person picks a time to meet us."""
WELCOME_PATH = "/welcome"
"""The page on which one of our own people chooses a password, by an invitation."""
CONSOLE_PATH = "/console"
"""Under it is all that our own people work with."""
REPLY_PREFIX = "r+"
"""Begins the local part of the addresses that replies to our messages go to."""
COPY_PREFIX = "b+"
"""Begins the local part of the address to which a colleague sends copies of personal emails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Makes the links and addresses of one installation."""

    base_url: str
    """How prospects reach the web server, without a slash at the end."""
    key: TokenKey
    reply_domain: str | None = None
    """The domain whose mail comes to us; None: replies go to the sender."""

    def answer(self, lead_id: UUID, touch_id: UUID, choice: str = "") -> str:
        """The page of the answers; a choice (yes, no, later) stands out there, and changes nothing by itself."""
        token = self.key.link(Purpose.ANSWER, lead_id, touch_id)
        return f"{self.base_url}{ANSWER_PATH}/{token}" + (f"/{choice}" if choice else "")

    def unsubscribe(self, lead_id: UUID, touch_id: UUID) -> str:
        """The page that stops all messages."""
        return f"{self.base_url}{UNSUBSCRIBE_PATH}/{self.key.link(Purpose.UNSUBSCRIBE, lead_id, touch_id)}"

    def policy(self, colleague_id: str, version: str) -> str:
        """The page on which a colleague acknowledges a version of the policy."""
        return f"{self.base_url}{POLICY_PATH}/{self.key.policy(colleague_id, version)}"

    def lead_page(self, lead_id: UUID) -> str:
        """Where a colleague sees a lead."""
        return f"{self.base_url}{CONSOLE_PATH}/leads/{lead_id}"

    def welcome(self, invitation: str) -> str:
        """The page on which a colleague chooses a password."""
        return f"{self.base_url}{WELCOME_PATH}/{invitation}"

    def meeting(self, lead_id: UUID, touch_id: UUID) -> str:
        """The page on which the person picks a time to meet the lead's owner."""
        return f"{self.base_url}{MEETING_PATH}/{self.key.link(Purpose.MEETING, lead_id, touch_id)}"

    def reply_address(self, touch_id: UUID) -> str:
        """Where answers to a message go, or to a meeting's invitation; empty when they go to its sender."""
        return f"{REPLY_PREFIX}{self.key.reply(touch_id)}@{self.reply_domain}" if self.reply_domain else ""

    def copy_address(self, colleague_id: str) -> str:
        """Where a colleague sends copies of personal emails to; empty without a reply domain."""
        return f"{COPY_PREFIX}{self.key.mailbox(colleague_id)}@{self.reply_domain}" if self.reply_domain else ""
