"""Pages for everyone who answers the phone."""
