"""Controls of a ``*.checklist.yaml`` as test items."""
