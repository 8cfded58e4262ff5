"""Is it one system, and the one that was asked for? The model it reports, and what tells its build."""
