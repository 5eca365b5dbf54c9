"""What drives the date, and how many days each cause costs.

In: a scenario. Out: `explain.csv`, `drivers.png`, `delays.png`, lines for the terminal. `inputs`
are the numbers that are not known, `causes` what takes time; `drivers` and `delays` answer, each
with a picture of its own, made of `bars`.
"""
