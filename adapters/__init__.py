"""How we talk to the outside: the database, the message providers and Temporal."""
