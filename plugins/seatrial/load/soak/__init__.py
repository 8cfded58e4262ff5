"""Soak: a steady low rate for hours, and a verdict on what grew meanwhile."""
