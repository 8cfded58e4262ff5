"""Does it survive? Faults on what the target depends on, its behaviour under them, and its way back."""

NEEDS = ("dependencies", "resilience")
