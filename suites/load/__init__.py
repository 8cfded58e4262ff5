"""What does it sustain, for how long, and are the numbers true? Capacity, scaling, audits, soak."""

NEEDS = ("capacity", "scaling", "traffic.arrivals", "traffic.soak")
