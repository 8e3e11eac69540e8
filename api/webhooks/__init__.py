"""How providers talk to us: signed callbacks, verified, translated, committed, then told to the lead's workflow."""
