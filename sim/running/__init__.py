"""Many replications of one scenario: batches, workers, and when it is precise enough.

In: a `Scenario`, a seed, how many. Out: an `Ensemble`. `workers` cuts the work into batches and has
threads, processes or an executor that is given do them; `cluster` makes one of a Dask cluster.
"""
