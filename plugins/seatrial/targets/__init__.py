"""Wire protocols without I/O, one file each, and the client that moves their bytes."""
