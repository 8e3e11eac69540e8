"""Leads in flight and the house: many leads at once, is all well, what came in, who may what, what was done."""
