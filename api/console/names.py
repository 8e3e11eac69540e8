"""What a lead is called where nothing, or only something, is known of it."""


def who_is(name: str | None, company: str | None) -> str:
    """The person, else the company, else that nobody knows yet."""
    return name or company or "Nobody knows who yet"
