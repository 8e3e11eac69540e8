"""Pages of those who follow leads up: what to do today, and one lead."""
