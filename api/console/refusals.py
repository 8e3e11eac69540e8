"""Why the console lets somebody not go on."""


class SignedOut(Exception):
    """The session is over: it was revoked, idled out, or its owner does not work here any more."""


class NotAllowed(Exception):
    """It is not for this person to see or do; the text says what to do instead."""
