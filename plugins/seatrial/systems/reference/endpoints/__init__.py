"""What the gateway serves: one file a group of paths."""
