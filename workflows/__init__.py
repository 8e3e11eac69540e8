"""In what order things happen, over weeks and years: the durable story of one lead."""
