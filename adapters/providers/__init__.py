"""The message providers, each behind the same port; the local outbox is the one that needs no account."""
