"""Automated remediation, exercised by a fault: alert, steps, resolved; else a person is called (R45)."""
