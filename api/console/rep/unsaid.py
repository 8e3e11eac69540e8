"""What somebody has written about a lead and not yet said: it is there again when they come back to the lead."""

from dataclasses import dataclass


@dataclass(slots=True)
class Unsaid:
    """Kept as long as the page is open."""

    note: str = ""
    subject: str | None = None
    """Of an email; None: none was begun."""
    email: str | None = None

    def forget_email(self) -> None:
        """It is on its way."""
        self.subject = self.email = None
