"""All parts of the report of a run, in their order."""

from collections.abc import Iterator, Mapping, Sequence

from sim.results.manifest import Manifest
from sim.results.page.answer import answer
from sim.results.page.assumptions import assumptions
from sim.results.page.crews import crews
from sim.results.page.dates import dates, deadlines
from sim.results.page.limits import limits
from sim.results.page.made import made
from sim.results.page.money import money
from sim.results.page.part import Part
from sim.results.page.places import places
from sim.results.page.run import Run
from sim.results.page.years import years

NOT_ASKED = (
    "What drives the date, and what each cause costs, was not asked: with the result of"
    " “demine explain” it stands here too."
)


def of_run(
    run: Run,
    *,
    experiments: Sequence[Part] = (),
    said: Sequence[str] = (),
    shares: Mapping[str, float] | None = None,
    manifests: Mapping[str, Manifest] | None = None,
) -> Iterator[Part]:
    """Yield the parts.

    Parameters
    ----------
    run
        That is reported.
    experiments
        Their parts.
    said
        What they have to say in the answer.
    shares
        In the spread of the completion, of each number that is not known, by its key.
    manifests
        Of the experiments, by the names of their folders.
    """
    yield answer(run, said or (NOT_ASKED,))
    yield dates(run)
    if owed := deadlines(run):
        yield owed
    yield years(run)
    yield places(run)
    if paid := money(run):
        yield paid
    yield from experiments
    yield crews(run)
    yield assumptions(run, shares or {})
    yield limits()
    yield made(run, manifests or {})
