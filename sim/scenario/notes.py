"""What a scenario says about its numbers: sources and assumptions, key by key."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from sim.scenario.kinds import NoteText, refused
from sim.scenario.table import Table


def _text(value: Any) -> Any:
    """Refuse tables: what a key without quotes makes of its parts."""
    if isinstance(value, dict):
        raise refused('a text, its key in quotes: "crew.engineers.count" = "..."')
    return value


class Notes(Table):
    """What stands behind a number: for dotted keys of this scenario (in quotes) a text each.

    `"crew.'manual teams'.rate_m2_per_deminer_day" = "HALO, typically 20; report of 2024"`, at most
    1000 characters. A key may be that of a table, an entry or a number, stated or not; what is not
    in this scenario is an error, but for notes on keys of `[record]`: these stay in results, which
    have no record. A note goes with what it is about, where an extending file or a
    setting takes that away or states it in another unit.

    Notes change no outcome and no luck. They stand in the resolved scenario, so in `manifest.json`
    and, as titles do, in the digest: with other notes it is another scenario.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Annotated[NoteText, BeforeValidator(_text)]] = Field(init=False)

    @property
    def texts(self) -> dict[str, str]:
        """The notes, by dotted key."""
        return dict(self.__pydantic_extra__)

    def _stated(self) -> tuple[Any, ...]:
        return tuple(sorted(self.texts.items()))
