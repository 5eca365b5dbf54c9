"""Pictures of results, drawn with matplotlib on its own.

In: the tables of a result. Out: PNG files, and SVG for a page. `gallery` has the pictures of a run
by name, each a function that draws on a figure: `released` when it will be done and how the
released land grows, `sectors` when each place is released, `years` what is done in each, `money`
who pays it, `timelines` what the crews do. They draw on the `canvas` (over years: `by_year`), with
`labels` that fit and `deadlines` that do not cover each other; `drawing` puts pictures into a
folder, so that one that fails costs nothing but itself.
"""
