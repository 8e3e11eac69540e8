"""Tests; the folders mirror the code, plus end_to_end."""
