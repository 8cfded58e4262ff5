"""What gets exercised: one folder a subject. They ship in the wheel as `seatrial._bundled.suites`."""
