"""Proof under fire: providers that fail on purpose, and workers and servers that are killed."""
