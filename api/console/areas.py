"""The areas of the console, in the order of the navigation; importing this registers every page."""

from api.console.front import add_lead
from api.console.outbox import page as outbox
from api.console.own import account, home

AREAS = (home, add_lead, outbox, account)
"""Modules with pages."""
