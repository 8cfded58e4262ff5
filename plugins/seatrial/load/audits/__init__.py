"""Audits: do the numbers of a load test mean what they seem to? In the spirit of MLPerf's compliance tests.

Each judge is a pure function of what was measured; `seatrial.load.audits.rehearsal` measures it.
"""
