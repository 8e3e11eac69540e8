"""Tests of the pages of those who follow leads up."""
