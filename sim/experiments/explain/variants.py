"""Which inputs are looked at alone, and all variants of a scenario that an explanation asks for.

The scenario itself comes first, in twice the replications: from these it is known what each input
has alone (`drivers.by_rank`), and from that which of them are worth more work.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from sim.experiments.explain.causes import causes_of, without
from sim.experiments.explain.inputs import fixed_at, inputs_of
from sim.sampling.recipes import LEVELS, Exchange
from sim.scenario.scenario import Scenario

MOST = 6
"""Inputs that are looked at alone."""
LEAST = 0.01
"""Of the variance has to be seen of an input, or it is not looked at alone."""
ALL, OTHERS = "all", "others"
ENDS = {"p10": 0.1, "p90": 0.9}


class Variant(NamedTuple):
    """A scenario, and whose luck its replications have.

    Attributes
    ----------
    kind, name
        "exchange": with the luck of a key, of a level or of the other inputs (`OTHERS`) exchanged;
        "p10", "p90": with a key there; "without": without a cause, or without `ALL`.
    scenario, recipes
        What is asked of a study.
    """

    kind: str
    name: str
    scenario: Scenario
    recipes: Exchange | None = None


def chosen(seen: Mapping[str, float]) -> list[str]:
    """Return the keys that are looked at alone: those of which most is seen, the first one first.

    Parameters
    ----------
    seen
        What part of the variance is seen of each input, as `drivers.by_rank` says.
    """
    enough = [key for key in seen if seen[key] >= LEAST]
    return sorted(enough, key=lambda key: -seen[key])[:MOST]


def variants_of(
    scenario: Scenario, n: int, *, frozen: Collection[str], only: Collection[str]
) -> list[Variant]:
    """Return every variant that is asked for after the scenario itself, in this order.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    n
        Replications of each.
    frozen
        Keys of the inputs that are looked at alone.
    only
        Parts of the explanation that are wanted.
    """
    found: list[Variant] = []
    if "uncertainty" in only:
        found += _exchanged(scenario, n, frozen)
        inputs = [each for each in inputs_of(scenario) if each.key in frozen]
        found += [
            Variant(end, each.key, fixed_at(scenario, each, u))
            for each in inputs
            for end, u in ENDS.items()
        ]
    causes = causes_of(scenario)
    if "delays" in only and causes:
        found += [Variant("without", each.name, each.without(scenario)) for each in causes]
        found.append(Variant("without", ALL, without(scenario, causes)))
    return found


def _exchanged(scenario: Scenario, n: int, frozen: Collection[str]) -> Iterator[Variant]:
    keys = [each.key for each in inputs_of(scenario)]
    for what in (*(key for key in keys if key in frozen), *LEVELS):
        yield Variant("exchange", what, scenario, Exchange(what, by=n))
    if others := tuple(key for key in keys if key not in frozen):
        yield Variant("exchange", OTHERS, scenario, Exchange(others, by=n))


def distinct(variants: Sequence[Variant]) -> int:
    """Return how many of them differ: one that is there twice is done once."""
    return len({(each.scenario, each.recipes) for each in variants})
