"""What the settings say of how far this installation is the company's own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setup:
    """Which of the company's own values are set; what is left out counts as not."""

    company: bool = False
    """Its name and postal address."""
    sender: bool = False
    """The address that emails come from."""
