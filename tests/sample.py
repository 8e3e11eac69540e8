"""The company and the people that tests work with."""

from leads.model import Colleague, Company, Role
from leads.suppression import SuppressionKey

COMPANY = Company(
    name="Example Company",
    zone="America/New_York",
    country="US",
    postal_address="1 Main Street, Springfield, NY 10001",
    phone="+12125550100",
    sender_name="Example Company",
    sender_email="hello@example.com",
)
KEY = SuppressionKey(b"a secret for tests only")
COLLEAGUES = (
    Colleague("mia", "Mia Santos", "mia@example.com", "+12125550141", Role.MANAGER),
    Colleague("anna", "Anna Keller", "anna@example.com", "+12125550142"),
    Colleague("ben", "Ben Okafor", "ben@example.com", "+12125550143"),
)
