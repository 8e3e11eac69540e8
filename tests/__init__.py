"""Tests: the folders mirror the code; end_to_end drives the whole product, production and docs hold files to it."""
