"""What a run needs of memory: its replications and its workers, and how many of these fit."""

from sim.engines import Engine
from sim.outcome import row_bytes
from sim.sampling import memory
from sim.sampling.size import Need, of_world, refuse_more_than_there_is
from sim.scenario.scenario import Scenario

COPIES = 4  # of all rows, at a time: while they are kept on disk
BYTES_A_REPLICATION = 300  # beside its rows, in tables and their text
BYTES_A_PROCESS = 180_000_000  # of a worker of the SimPy engine, before it has a world


def of_rows(scenario: Scenario, replications: int) -> Need:
    """Return what the rows of an ensemble need, as they are gathered, kept and written."""
    one = COPIES * row_bytes(scenario) + BYTES_A_REPLICATION
    less = "fewer replications need less"
    return Need("", f"{replications} replications", replications * one, less)


def of_worker(scenario: Scenario, engine: Engine) -> list[Need]:
    """Return what one worker needs."""
    process = Need(
        "", "a worker of the SimPy engine", BYTES_A_PROCESS, "the compiled engine has none"
    )
    world = of_world(scenario, engine=engine)
    return [process, *world] if engine == "simpy" else world


def workers_that_fit(scenario: Scenario, replications: int, *, engine: Engine, jobs: int) -> int:
    """Return how many workers fit into the memory beside the replications, at most `jobs`.

    Parameters
    ----------
    scenario
        From `load_scenario`.
    replications
        How many are held in the end.
    engine, jobs
        As in `run`.

    Raises
    ------
    ScenarioError
        If not even one does.
    """
    rows, worker = of_rows(scenario, replications), of_worker(scenario, engine)
    refuse_more_than_there_is(scenario, [rows, *worker])
    fit = (memory.memory_there().bytes - rows.bytes) / sum(need.bytes for need in worker)
    return int(min(jobs, fit))


def most_replications(scenario: Scenario, engine: Engine) -> float:
    """Return how many replications fit into the memory beside one worker."""
    left = memory.memory_there().bytes - sum(need.bytes for need in of_worker(scenario, engine))
    return left / of_rows(scenario, 1).bytes
