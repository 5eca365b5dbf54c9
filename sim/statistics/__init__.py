"""Numbers about arrays and ensembles, each with its interval.

In: plain arrays, with infinity for what did not happen before the horizon; ensembles in `summary`.
Out: `Estimate`s. `estimates` is about one sample, `paired` about two on the same luck, `decisions`
about whether a chance reaches a level, `shares` about what a variance is made of. `quantities` says
of each number its unit, decimals and percentiles: tables, lines and pictures read them there.
"""
