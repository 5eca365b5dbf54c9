"""Questions asked of many scenarios on the same luck.

In: a scenario and what is varied. Out: a table, a picture and lines, left like a run's result.
A room for each experiment (`sweep`, `compare`, `plan`, `explain`, `forecast`), with the same files
in each: the experiment under the room's name, `table`, `picture`, `report`. Beside them what they
share: `conduct` (done once, whole or not at all), `study` (ensembles, each done once and `kept`),
`designs` (points over keys), `heat_map` (a picture over two keys).
"""
