"""The links of the tests' own installation."""

from leads.links import Links
from leads.tokens import TokenKey

LINKS = Links(
    base_url="https://follow.example.com", key=TokenKey(b"the secret of the tests"), reply_domain="reply.example.com"
)
