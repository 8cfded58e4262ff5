"""What does it sustain? Capacity, projected demand and auto-scaling, under load that does not wait."""

NEEDS = ("capacity", "scaling", "traffic.arrivals")
