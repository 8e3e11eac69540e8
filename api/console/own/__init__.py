"""Pages about oneself: where one lands, and one's own account."""
