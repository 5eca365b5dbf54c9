"""What a run leaves for people: tables, pictures, words, and the folder they stand in.

In: ensembles and tables. Out: files, and lines for the terminal. `tables` builds the tables, with
`years`, `places` and `operators`, of `columns`; `csv` writes and reads them; `pictures` draws;
`map` joins a result to the polygons of its land, which `lists` finds again; `report`, `answers`,
`year_lines`, `lines` and `words` speak; `storage` writes and reads a run's result, `folder` any
result whole or not at all, `manifest` says whose it is, `work` keeps what is unfinished. Nothing
here needs an engine.
"""
