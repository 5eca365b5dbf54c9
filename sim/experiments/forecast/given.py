"""Recipes as a table: those of a forecast, for other questions about the same campaigns."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from sim.errors import ResultError
from sim.results.folder import read_folder
from sim.sampling.recipes import PARTS, Given, Mix, Recipe

FILE = "recipes.parquet"
ALL, GRAIN = "all", "grain"
SCHEMA: dict[str, pl.DataType] = {
    "replication": pl.Int64(),
    "part": pl.String(),
    "of": pl.Int64(),
    "weight": pl.Float64(),
}


def to_table(recipes: Sequence[Recipe]) -> pl.DataFrame:
    """Return one row for each member of each mix of each recipe; of its grain with weight 1.

    `part` is "all" for the mix of whatever has none of its own, and "grain" for the replication
    that parcels and events are taken from.
    """
    rows = [
        (r, part, of, weight)
        for r, recipe in enumerate(recipes)
        for part, mix in ((ALL, recipe.mix), *recipe.but, (GRAIN, ((recipe.grain, 1.0),)))
        for of, weight in mix
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def recipes_of(frame: pl.DataFrame) -> tuple[Recipe, ...]:
    """Return the recipes in a table, in the order of their replications.

    Raises
    ------
    ValueError
        If they are not recipes.
    """
    if dict(frame.schema) != SCHEMA or frame.null_count().sum_horizontal().item():
        raise ValueError("the columns are not those of recipes")
    mixes: dict[int, dict[str, list[tuple[int, float]]]] = {}
    for r, part, of, weight in frame.iter_rows():
        mixes.setdefault(r, {}).setdefault(part, []).append((of, weight))
    if list(mixes) != list(range(len(mixes))):
        raise ValueError("the replications are not numbered in their order")
    return tuple(
        _recipe({part: tuple(mix) for part, mix in each.items()}) for each in mixes.values()
    )


def _recipe(mixes: dict[str, Mix]) -> Recipe:
    if not {ALL, GRAIN} <= mixes.keys() <= {ALL, GRAIN, *PARTS}:
        raise ValueError("a recipe lacks a part, or has one too many")
    but = tuple((part, mix) for part, mix in sorted(mixes.items()) if part in PARTS)
    return Recipe(mixes[ALL], mixes[GRAIN][0][0], but)


def read_given(folder: Path) -> tuple[Given, int]:
    """Return the recipes of a forecast, and its seed.

    Parameters
    ----------
    folder
        The result of `demine forecast`.

    Raises
    ------
    ResultError
        If it is no such result, or its recipes are missing or damaged.
    """
    manifest, files = read_folder(folder, command="forecast", names=[FILE])
    seed = manifest.get("seed")
    try:
        recipes = recipes_of(pl.read_parquet(files[FILE]))
    except (ValueError, pl.exceptions.PolarsError) as error:
        raise ResultError(f"{folder}: damaged: {FILE}: {error}") from error
    if not isinstance(seed, int) or not recipes:
        raise ResultError(f"{folder}: damaged: it holds no recipes, or no seed")
    campaign, worth = None, None
    if isinstance(stated := manifest.get("scenario"), dict):
        about = stated.get("campaign")
        about = about if isinstance(about, dict) else {}
        campaign = str(about.get("name")), str(about.get("start"))
    if isinstance(found := manifest.get("forecast"), dict):
        distinct = found.get("distinct")
        worth = float(distinct) if isinstance(distinct, int | float) else None
    return Given(recipes, campaign, worth), seed


def worth_of_given(given: Given | None) -> str:
    """Return what is to be noted about an answer from the campaigns of a forecast."""
    if given is None or given.worth is None:
        return ""
    return (
        f"the {len(given.recipes)} campaigns of the forecast are worth {int(given.worth)}"
        " independent ones, and intervals and decisions here count all: they are too sure by that"
    )
