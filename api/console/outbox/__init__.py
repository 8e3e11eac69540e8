"""The outbox: every message as the person it went to would see it."""
