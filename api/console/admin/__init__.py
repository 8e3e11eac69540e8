"""The house-keeping pages: is all well, what came in, who may what, and what was done."""
