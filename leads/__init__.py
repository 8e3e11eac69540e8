"""Who the leads are, what they asked and whose they are; pure values and decisions, no clock and no I/O."""
