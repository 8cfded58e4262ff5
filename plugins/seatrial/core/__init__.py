"""Vocabulary and arithmetic: exchange, indicator, objective, verdict, evidence, control, journal.

numpy and the standard library only: no pytest, no network, no clock of its own, no global random.
"""
