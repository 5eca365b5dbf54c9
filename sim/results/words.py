"""Numbers, dates and money as a person writes them."""

import datetime as dt
import math
import re
import unicodedata

from sim.outcome import Ensemble
from sim.scenario.dates import date_of
from sim.scenario.keys import split
from sim.scenario.scenario import AreaUnit, Deadline, title_of
from sim.statistics.estimates import Estimate


def day_words(ensemble: Ensemble, day: float) -> str:
    """Return the date of a day in words; nothing for NaN."""
    return "" if math.isnan(day) else words(date_of(ensemble.scenario, day))


def count(number: int) -> str:
    """Return a whole number with its thousands apart."""
    return f"{number:,}".replace(",", " ")


def percent_words(chance: Estimate) -> str:
    """Return a probability with its interval, in percent."""
    value, low, high = (percent(x) for x in chance)
    if math.isnan(chance.value):
        return f"between {low} and {high} % (the rest lies beyond the horizon)"
    return f"{value} % ({low} to {high} %)"


def with_interval(value: str, low: str, high: str) -> str:
    """Return a value with its interval behind it, if an end of that is known (not empty)."""
    if not low and not high:
        return value
    return f"{value} ({low or 'not known'} to {high or 'not known'})"


def percent(share: float) -> str:
    """Return a share in percent, with a decimal near the ends; a question mark for NaN."""
    if math.isnan(share):
        return "?"
    value = 100 * share
    exact = value in (0, 100) or 10 <= value <= 90
    return f"{value:.0f}" if exact else f"{value:.1f}"


def money_words(amount: float) -> str:
    """Return an amount of money in words."""
    if math.isnan(amount):
        return "?"
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if amount >= size:
            return f"{amount / size:.3g} {word}"
    return count(round(amount))


def owed_words(deadline: Deadline, unit: AreaUnit) -> str:
    """Return what a deadline asks for, in words; nothing if that is all land."""
    names = [*(deadline.regions or ()), *(deadline.sectors or ())]
    land = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    if deadline.released_share is not None:
        return f"{100 * deadline.released_share:g} % of {land or 'all land'}"
    if deadline.released_ha is not None:
        return f"{number(deadline.released_ha * unit.per_ha)} {unit.short} of {land or 'all land'}"
    return land


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def cut(text: str, length: int) -> str:
    """Return a text on one line, no longer than that."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "\u2026"


def cut_middle(text: str, length: int) -> str:
    """Return a text no longer than that, without its middle: names differ at their ends."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    head = length // 2
    return f"{line[:head].rstrip()}\u2026{line[len(line) - (length - 1 - head) :].lstrip()}"


def isolated(text: str) -> str:
    """Return a text that leaves the order of what stands around it alone, whatever its script."""
    if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text):
        return f"\u2068{text}\u2069"
    return text


def words(date: dt.date) -> str:
    """Return a date as a person writes it."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def number(value: float) -> str:
    """Return a number with narrow spaces between thousands, and decimals only if it is small."""
    text = f"{value:,.0f}" if value >= 20 else f"{value:.4g}"
    return text.replace(",", "\u202f")


def at_least(value: float) -> str:
    """Return a number as `number` does, but rounded down: no more is promised than there is."""
    digits = 0 if value >= 20 else 3 - math.floor(math.log10(value)) if value > 0 else 3
    return number(math.floor(round(value * 10**digits, 6)) / 10**digits)


def key_words(key: str) -> str:
    """Return a dotted key in words: whose number it is, and which: `teams: number of crews`."""
    name, title = key_parts(key)
    return f"{name}: {title}" if name else title


def key_parts(key: str) -> tuple[str, str]:
    """Return whose number a dotted key is (nothing for what is there once), and which one.

    What is no key (or that of something larger than a number) is given back as it is.
    """
    heading = re.fullmatch(r"([\w.]+)\.'(.*)'\.(\w+)", key)  # in which quotes are simple
    try:
        return title_of((*heading[1].split("."), *heading.groups()[1:]) if heading else split(key))
    except ValueError:
        return "", key


def state_words(state: str) -> str:
    """Return one of the states of a crew in words."""
    kind, _, name = state.partition(":")
    return f"lost to {name}" if name else kind.replace("lost_", "lost to ").replace("_", " ")


def cause_words(cause: str) -> str:
    """Return a cause of delay in words: what has a name goes by it."""
    return cause.partition(":")[2] or cause


def share_words(share: float) -> str:
    """Return a share in words a planner uses; never 0 % or 100 % unless it is."""
    if math.isnan(share):
        return "not known"
    if 0 < share <= 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"
