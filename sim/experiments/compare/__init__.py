"""Scenarios against a baseline, replication by replication on the same luck.

In: scenarios by name. Out: `compare.csv`, `compare.png`, lines for the terminal.
"""
