"""seatrial as an extension of the Chaos Toolkit, and the Chaos Toolkit as a runner of seatrial's experiments.

What an experiment names: `seatrial.chaos.toolkit.actions`, `.probes`, `.witnesses`, `.tolerances` and, as a
control, `.controls`. What runs one and judges it: `runner` and `judge`. chaoslib is imported on use only.
"""
