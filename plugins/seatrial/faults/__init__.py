"""Faults: one file a fault, the proxy that injects them, its Toxiproxy-compatible API, and its client."""
