"""The completion over the values of one key or several.

In: a scenario, keys and values. Out: `sweep.csv`, `sweep.png`, lines for the terminal.
"""
