"""Pictures of results, drawn with matplotlib on its own.

In: ensembles and tables. Out: PNG files. Each file but the helpers draws one thing: `released`
when it will be done and how the released land grows. They draw on the `canvas`, with `labels` that
fit and `deadlines` that do not cover each other; `drawing` puts pictures into a folder, so that one
that fails costs nothing but itself.
"""
