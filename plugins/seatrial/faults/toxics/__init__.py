"""Toxics on the bytes of a TCP connection, with Toxiproxy's semantics; one file each."""
