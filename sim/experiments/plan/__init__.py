"""The least deployment that meets a deadline with a stated confidence.

In: a scenario, a goal, what may be deployed. Out: `plan.csv`, `plan.png`, lines for the terminal.
"""
