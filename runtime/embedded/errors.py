"""The one error that says, in one line, why something could not be started."""


class StartError(Exception):
    """Something cannot start; the message is one line that names what to do about it."""
