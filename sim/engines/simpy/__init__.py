"""The campaign as SimPy processes: the readable statement of the model, and its definition.

In: a `World`. Out: an `Outcome`, and the event log if it is asked for. Read `campaign`, then
`clock` (instants and ties), `land` (the way of a parcel), `crew` (the life of a crew), `money`.
"""
