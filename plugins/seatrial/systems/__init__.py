"""Start, wait for, stop and kill a system described by a recipe; the reference system with its defects."""
