"""The campaign as one compiled loop: the same model, stated again to be fast.

In: a `World`. Out: an `Outcome`, the same to the second as the other engine's. Read `campaign`,
then `records` and `state`, `begin` (its first values), `days` (sums over days), `land`, `presence`,
`choice`, `work`, `turns`, `attacks` and `money`; `carry` is the short way that most parcels take.
`agenda`, `bits`, `queues` and `prefetch` are tools that know no rules; `fields` and `parts` say how
records and functions are compiled.
"""
