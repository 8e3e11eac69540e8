"""Why the console lets somebody not go on."""


class SignedOut(Exception):
    """The session is over: it was revoked, idled out, or its owner does not work here any more."""


class NotHere(Exception):
    """What the address names is not there; the text says so.

    Attributes:
        back: words and path of the page that has what there is; None: where the person begins.
    """

    def __init__(self, text: str, back: tuple[str, str] | None = None) -> None:
        super().__init__(text)
        self.back = back


class NotAllowed(Exception):
    """It is not for this person to see or do; the text says what to do instead."""
