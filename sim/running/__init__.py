"""Many replications of one scenario: batches, workers, and when it is precise enough.

In: a `Scenario`, a seed, how many. Out: an `Ensemble`. `workers` cuts the work into batches and has
threads or processes do them.
"""
