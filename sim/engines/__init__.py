"""World -> Outcome, twice: `simpy`, to be read, and `compiled`, to be fast.

In: a `World`. Out: an `Outcome`, the same to the second from both. The engines draw nothing, know
nothing of each other, and share data only: the world, the outcome, the numbers of roles and states.
"""

from typing import Literal

from sim.outcome import Outcome
from sim.world import World

Engine = Literal["compiled", "simpy"]


def simulate(world: World, *, engine: Engine = "compiled") -> Outcome:
    """Return what happens in a world.

    Parameters
    ----------
    world
        From `sample_world`.
    engine
        "simpy", the model as it is to be read, or "compiled", hundreds of times as fast.
    """
    # an engine is loaded where it is used
    if engine == "simpy":
        from sim.engines.simpy import campaign as simpy_engine  # noqa: PLC0415

        return simpy_engine.run(world)
    from sim.engines.compiled import campaign as compiled_engine  # noqa: PLC0415

    return compiled_engine.run(world)


def is_ready() -> bool:
    """Return whether the compiled engine need not be compiled first."""
    from sim.engines.compiled import ahead  # noqa: PLC0415

    return ahead.is_ready()


def can_be_kept() -> bool:
    """Return whether the compiled engine, once compiled, can be left for the next time."""
    from sim.engines.compiled import ahead  # noqa: PLC0415

    return ahead.can_be_kept()
