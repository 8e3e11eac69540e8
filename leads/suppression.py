"""The company's own list as keyed hashes: it still knows a contact point after the lead is erased, and nothing else."""

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SuppressionKey:
    """The installation's secret; without it a hash tells nothing and matches nothing."""

    secret: bytes

    def digest(self, contact: str) -> str:
        """HMAC-SHA256 of a normalised address or number, in hexadecimal."""
        return hmac.new(self.secret, contact.encode(), hashlib.sha256).hexdigest()
