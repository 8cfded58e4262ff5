"""Does it come back? The target is killed and measured; loops of automated remediation are exercised."""

NEEDS = ("targets.process", "remediation")
"""Suite `recovery` (R08, R45): who supervises the target starts it again, and who watches over it notices,
repairs and announces, or calls a person."""
