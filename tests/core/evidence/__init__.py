"""Tests of the statistics; `simulations` draws the imaginary systems that they judge."""
