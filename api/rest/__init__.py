"""The REST interface under /api: what other programs of the business call."""
