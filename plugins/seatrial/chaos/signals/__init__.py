"""Signals: what the monitoring of a system says, watched while something is done to that system."""
