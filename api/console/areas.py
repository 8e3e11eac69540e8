"""The areas of the console, in the order of the navigation; importing this registers every page."""

from api.console.own import account, home

AREAS = (home, account)
"""Modules with pages."""
