"""Chaos: scenarios of faults, recovery times, and how a system behaves towards what it depends on."""
