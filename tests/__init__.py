"""The project's own tests, mirroring plugins/seatrial/."""
