"""The control API: Toxiproxy's routes, and a few of our own."""
