"""Does it come back? The target is killed; how long it takes, and what of its state is left, is measured."""

NEEDS = ("targets.process",)
