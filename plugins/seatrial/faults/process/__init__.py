"""Faults of processes and of their resources: killed, hung, starved, cut off; one file each."""
