"""A result on a map: its areas joined to their polygons, coarse unless exact ones are asked for.

In: a result, and the lists of areas with polygons that its land was taken from. Out: a layer
(GeoPackage or GeoJSON) and a picture. `areas` joins by id, `grid` puts areas into cells of at
least 5 km, `table` adds them up there, `layer` makes the file, `picture` draws cells, `write` does
it all, and `words` says what it found. What the extra demine[map] brings (pyogrio, shapely, pyproj)
is loaded when it is used.

Coordinates of land that is not released endanger people. They leave this room in the exact layer
only; pictures, messages and whatever else is written know cells.
"""
