"""Faults of AI providers, on requests, answers and events; one file each."""
