"""What should happen to a lead, and when; pure values and decisions, no clock and no I/O."""
